//! Builds the web UI into `$OUT_DIR/ui`, from where `src/ui.rs` embeds it.
//!
//! `DASHBOARD_UI` says what to do: unset builds it and falls back to a page that says why it is missing;
//! `require` fails instead of falling back; `skip` takes that page at once; a path takes a UI that is built already.

use std::error::Error;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

type Done = Result<(), Box<dyn Error>>;

/// What the UI is made of. Never `node_modules`: npm touches it on every install.
const SOURCES: [&str; 8] = [
    "src",
    "public",
    "index.html",
    "package.json",
    "package-lock.json",
    "svelte.config.js",
    "tsconfig.json",
    "vite.config.ts",
];

fn main() -> Done {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=DASHBOARD_UI");
    if std::env::var_os("CARGO_FEATURE_UI").is_none() {
        return Ok(());
    }
    let ui = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?).join("../../ui");
    let out = PathBuf::from(std::env::var("OUT_DIR")?).join("ui");
    for source in SOURCES {
        println!("cargo::rerun-if-changed={}", ui.join(source).display());
    }
    empty(&out)?;
    match std::env::var("DASHBOARD_UI").as_deref() {
        Err(_) | Ok("" | "build") => build_or_explain(&ui, &out),
        Ok("require") => build(&ui, &out),
        Ok("skip") => explain(&out, "it was left out of this build (DASHBOARD_UI=skip)"),
        Ok(prebuilt) => copy_prebuilt(Path::new(prebuilt), &out),
    }
}

fn build_or_explain(ui: &Path, out: &Path) -> Done {
    let Err(reason) = build(ui, out) else {
        return Ok(());
    };
    let reason = reason.to_string();
    println!(
        "cargo::warning=the web UI is missing from this build: {}",
        reason.replace('\n', " ")
    );
    // A half-written build must not be embedded.
    empty(out)?;
    explain(out, &reason)
}

/// Installs what the lock file names, where it is not there yet, and lets Vite write into `out`.
fn build(ui: &Path, out: &Path) -> Done {
    // Several target directories share one `node_modules`. The lock goes when the file is dropped.
    let lock_file = ui.join("package-lock.json");
    let guard =
        File::open(&lock_file).map_err(|error| format!("{}: {error}", lock_file.display()))?;
    guard.lock()?;
    install(ui)?;
    let vite = ui.join("node_modules/vite/bin/vite.js");
    let mut command = Command::new("node");
    command
        .arg(vite)
        .args(["build", "--emptyOutDir", "--logLevel", "warn", "--outDir"])
        .arg(out);
    run(command.current_dir(ui))
}

fn install(ui: &Path) -> Done {
    let wanted = fs::read(ui.join("package-lock.json"))?;
    let stamp = ui.join("node_modules/.installed-lock.json");
    if fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    run(Command::new(npm())
        .args(["ci", "--no-audit", "--no-fund"])
        .current_dir(ui))?;
    fs::write(stamp, wanted)?;
    Ok(())
}

fn npm() -> &'static str {
    if cfg!(windows) { "npm.cmd" } else { "npm" }
}

fn run(command: &mut Command) -> Done {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            format!("`{program}` was not found; install Node 20 or newer and build again")
        }
        _ => format!("`{program}` could not be started: {error}"),
    })?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    Err(format!(
        "`{program}` failed ({}): {}",
        output.status,
        String::from_utf8_lossy(&said)
    )
    .into())
}

fn copy_prebuilt(from: &Path, to: &Path) -> Done {
    if !from.join("index.html").is_file() {
        return Err(format!(
            "DASHBOARD_UI={}: there is no index.html in it",
            from.display()
        )
        .into());
    }
    println!("cargo::rerun-if-changed={}", from.display());
    copy(from, to)
}

fn copy(from: &Path, to: &Path) -> Done {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

fn empty(folder: &Path) -> Done {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder)?;
    Ok(())
}

/// The page that stands in for the UI. The meta tag lets a test tell it from the real one.
fn explain(out: &Path, reason: &str) -> Done {
    let reason = reason.replace('&', "&amp;").replace('<', "&lt;");
    let page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<base href=\"/\">\n\
         <meta name=\"dashboard-ui\" content=\"placeholder\">\n<title>dashboardd without its UI</title>\n</head>\n\
         <body>\n<h1>The web UI is not in this build</h1>\n<p>dashboardd is running and its API answers. The UI is missing because:</p>\n\
         <pre>{reason}</pre>\n<p>With Node 20 or newer installed, <code>cargo build</code> puts it in. \
         The API is described at <a href=\"docs\">docs</a>.</p>\n</body>\n</html>\n"
    );
    fs::write(out.join("index.html"), page)?;
    Ok(())
}
