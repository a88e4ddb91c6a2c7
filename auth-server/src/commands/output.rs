//! What commands print: text for people, or JSON; errors as one line on standard error.

use std::io::Write;

use serde::Serialize;

/// How to print.
#[derive(Clone, Copy, Debug)]
pub(super) struct Output {
    /// JSON instead of text.
    pub(super) json: bool,
}

impl Output {
    /// Prints the result of a command.
    pub(super) fn done(self, text: &str, json: &impl Serialize) {
        if self.json {
            line(&serde_json::to_string(json).unwrap_or_default());
        } else {
            line(text);
        }
    }

    /// Prints rows: a table with a head, or a JSON list.
    pub(super) fn table<R: Serialize>(self, head: &[&str], rows: &[R], cells: impl Fn(&R) -> Vec<String>) {
        if self.json {
            line(&serde_json::to_string(rows).unwrap_or_default());
            return;
        }
        let mut lines: Vec<Vec<String>> = vec![head.iter().map(|name| (*name).to_owned()).collect()];
        lines.extend(rows.iter().map(cells));
        let widths: Vec<usize> = (0..head.len())
            .map(|column| {
                lines
                    .iter()
                    .map(|line| line[column].chars().count())
                    .max()
                    .unwrap_or_default()
            })
            .collect();
        for cells in lines {
            let padded: Vec<String> = cells
                .iter()
                .zip(&widths)
                .map(|(cell, width)| format!("{cell:<width$}"))
                .collect();
            line(padded.join("  ").trim_end());
        }
    }

    /// Prints a result with a secret in it. That it is not shown again goes to standard error, so that the result
    /// can be sent to a file as it is.
    pub(super) fn secret(self, text: &str, json: &impl Serialize) {
        self.done(text, json);
        if !self.json {
            let _ = writeln!(std::io::stderr().lock(), "The secret is shown this once.");
        }
    }

    /// Prints an error.
    pub(super) fn error(self, text: &str) {
        let one_line = text.replace('\n', " ");
        let line = if self.json {
            serde_json::json!({"error": one_line}).to_string()
        } else {
            format!("auth-server: {one_line}")
        };
        let _ = writeln!(std::io::stderr().lock(), "{line}");
    }
}

/// Prints a line; a reader that has gone away is no error of ours.
fn line(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

/// A moment as people read it, in UTC.
pub(super) fn moment(seconds: i64) -> String {
    chrono::DateTime::from_timestamp(seconds, 0).map_or_else(
        || "-".to_owned(),
        |time| time.format("%Y-%m-%d %H:%M:%S").to_string(),
    )
}
