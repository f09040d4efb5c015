// A run's log on the server: its pages, its live stream, its raw text.

import { address, client, take, type Schema } from './api';
import type { LogLine, LogListener, LogQuery, LogSource } from './log.svelte';
import { compact, list } from './query';

type LogStream = Schema['LogStream'];

export const LOG_STREAMS: LogStream[] = ['stdout', 'stderr', 'status', 'script', 'llm', 'tool'];

export function logSource(run: string): LogSource {
  return {
    page: (query) => listLines(run, query),
    follow: (since, listener) => follow(run, since, listener),
  };
}

export function rawLogAddress(run: string): string {
  return address(`/api/runs/${run}/logs/raw`);
}

function listLines(run: string, query: LogQuery): Promise<LogLine[]> {
  const params = {
    path: { id: run },
    query: compact({ ...query, stream: list<LogStream>(query.stream) }),
  };
  return take(client.GET('/api/runs/{id}/logs', { params }));
}

type Frame = LogLine | { event_type: string; reason?: string };

function follow(run: string, since: number, listener: LogListener): () => void {
  const source = new EventSource(address(`/api/runs/${run}/logs/stream?since=${since}`));
  source.onmessage = (message: MessageEvent<string>) => {
    const frame = JSON.parse(message.data) as Frame;
    if (!('event_type' in frame)) listener.line(frame);
    else if (frame.event_type === 'stream_hello') listener.opened();
    else if (frame.event_type === 'stream_bye' && frame.reason === 'ended') listener.ended();
  };
  // The log itself tries again, so that the page can say when.
  source.onerror = () => listener.lost();
  return () => source.close();
}
