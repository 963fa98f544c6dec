//! A terminal that a test types into (script(1)).

use std::io::{Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Longer than anything on a busy machine takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// Whether there is one on this machine.
pub fn is_there() -> bool {
    let found = Command::new("script").arg("--version").output();
    found.is_ok_and(|output| output.status.success())
}

/// The program as a shell is told to start it.
pub fn line_of(command: &Command) -> String {
    let quoted = |word: &std::ffi::OsStr| format!("'{}'", word.to_string_lossy());
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(quoted).collect::<Vec<_>>().join(" ")
}

/// A program that runs on a terminal.
pub struct Terminal {
    child: Child,
    keys: Option<ChildStdin>,
    shown: Arc<Mutex<String>>,
    reader: Option<std::thread::JoinHandle<()>>,
    pid: std::path::PathBuf,
    /// How much was shown when a question was answered last.
    seen: usize,
}

impl Terminal {
    /// Starts a command with these variables, `ROWS` being the lines of the terminal; `folder` is the
    /// test's own.
    pub fn start(command: &Command, variables: &[(&str, &str)], folder: &std::path::Path) -> Self {
        let pid = folder.join("pid");
        let _ = std::fs::remove_file(&pid);
        let line = format!(
            "[ -z \"$ROWS\" ] || stty rows \"$ROWS\" cols 80; echo $$ >'{}'; exec {}",
            pid.display(),
            line_of(command)
        );
        let mut child = Command::new("script")
            .args(["-qec", &line, "/dev/null"])
            .env_remove("PEC_PASSWORD")
            .env_remove("VISUAL")
            .env_remove("PAGER")
            .env("SHELL", "/bin/sh")
            .envs(variables.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("script starts");
        let keys = child.stdin.take();
        let mut out = child.stdout.take().expect("a pipe");
        let shown = Arc::new(Mutex::new(String::new()));
        let screen = Arc::clone(&shown);
        let reader = std::thread::spawn(move || {
            let mut octets = [0; 4096];
            while let Ok(count @ 1..) = out.read(&mut octets) {
                let text = String::from_utf8_lossy(&octets[..count]);
                screen.lock().expect("a screen").push_str(&text);
            }
        });
        Self {
            child,
            keys,
            shown,
            reader: Some(reader),
            pid,
            seen: 0,
        }
    }

    /// What was shown so far.
    pub fn shown(&self) -> String {
        self.shown.lock().expect("a screen").clone()
    }

    /// Waits until something is shown.
    pub fn until(&self, words: &str) {
        let began = Instant::now();
        while !self.shown().contains(words) {
            assert!(began.elapsed() < PATIENCE, "no {words}: {}", self.shown());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Types.
    pub fn keys(&mut self, keys: &str) {
        let terminal = self.keys.as_mut().expect("a terminal");
        terminal.write_all(keys.as_bytes()).expect("heard");
        terminal.flush().expect("heard");
    }

    /// Answers the question that is asked next, whatever its words.
    pub fn answer(&mut self, answer: &str) {
        self.until_asked(answer);
        self.keys(&format!("{answer}\n"));
    }

    /// Says at the question that is asked next that nothing more is typed.
    pub fn answer_end(&mut self) {
        self.until_asked("the end");
        self.keys("\u{4}");
    }

    fn until_asked(&mut self, answer: &str) {
        let began = Instant::now();
        while !self.shown()[self.seen..].ends_with(": ") {
            let shown = self.shown();
            assert!(
                began.elapsed() < PATIENCE,
                "no question for {answer}: {shown}"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
        self.seen = self.shown().len();
    }

    /// Sends the program a signal: `KILL`, `TERM`, `HUP`.
    pub fn signal(&self, name: &str) {
        let pid = std::fs::read_to_string(&self.pid).expect("a number");
        let done = Command::new("kill").args(["-s", name, pid.trim()]).status();
        assert!(done.expect("kill starts").success());
    }

    /// Waits for the end: the exit status, and all that was shown.
    pub fn end(mut self) -> (i32, String) {
        let status = self.child.wait().expect("an end");
        drop(self.keys.take());
        if let Some(reader) = self.reader.take() {
            reader.join().expect("read");
        }
        (status.code().unwrap_or(-1), self.shown())
    }
}
