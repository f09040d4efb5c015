import { svelte } from '@sveltejs/vite-plugin-svelte';
import tailwindcss from '@tailwindcss/vite';
import { defineConfig } from 'vitest/config';

// The server that `npm run dev` passes the API on to.
const server = process.env.DASHBOARD_SERVER ?? 'http://127.0.0.1:8080';

export default defineConfig({
  // Relative addresses: the server writes the base path into <base href>.
  base: './',
  plugins: [svelte(), tailwindcss()],
  build: {
    target: 'es2023',
    modulePreload: { polyfill: false },
    // Inlined files would need `data:` in the content security policy.
    assetsInlineLimit: 0,
  },
  resolve: process.env.VITEST ? { conditions: ['browser'] } : {},
  server: {
    proxy: {
      '/api': { target: server },
      '/ws': { target: server, ws: true },
      '/docs': { target: server },
      '/health': { target: server },
    },
  },
  test: {
    environment: 'jsdom',
    include: ['src/**/*.test.ts'],
    restoreMocks: true,
    unstubGlobals: true,
    // One document for all files: making one takes longer than its tests.
    isolate: false,
  },
});
