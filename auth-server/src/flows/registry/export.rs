//! The audit log as files: CSV (RFC 4180) for spreadsheets, JSON lines for programs.

use crate::store::sql::audit::AuditRow;

/// The first line of a CSV file.
pub const CSV_HEAD: &str = "id,at,time,kind,user_id,client_id,address,detail\r\n";

/// A line of a CSV file.
pub fn csv_line(row: &AuditRow) -> String {
    let time = chrono::DateTime::from_timestamp(row.at, 0)
        .map(|time| time.format("%Y-%m-%dT%H:%M:%SZ").to_string())
        .unwrap_or_default();
    let or_nothing = |text: &Option<String>| text.clone().unwrap_or_default();
    let cells = [
        row.id.clone(),
        row.at.to_string(),
        time,
        row.kind.clone(),
        or_nothing(&row.user_id),
        or_nothing(&row.client_id),
        or_nothing(&row.address),
        row.detail.clone(),
    ];
    let line = cells.iter().map(|text| cell(text)).collect::<Vec<_>>().join(",");
    format!("{line}\r\n")
}

/// A line of a JSON lines file.
pub fn json_line(row: &AuditRow) -> String {
    let mut line = serde_json::to_string(row).unwrap_or_default();
    line.push('\n');
    line
}

/// What begins like a formula is made a text: spreadsheets run formulas, and the log repeats what strangers sent.
fn cell(text: &str) -> String {
    let risky = text.starts_with(['=', '+', '-', '@', '\t', '\r']) && text.parse::<i64>().is_err();
    let text = if risky {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    if text.contains([',', '"', '\r', '\n', '\'']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::{csv_line, json_line};
    use crate::store::sql::audit::AuditRow;

    fn row(detail: &str) -> AuditRow {
        AuditRow {
            id: "x".to_owned(),
            at: 0,
            kind: "sign_in".to_owned(),
            user_id: None,
            client_id: None,
            address: Some("192.0.2.1".to_owned()),
            detail: detail.to_owned(),
        }
    }

    /// H5: what strangers wrote makes neither another line nor a formula.
    #[test]
    fn what_is_written_stays_in_its_cell() {
        let line = csv_line(&row("a,\"b\"\r\nc"));
        assert_eq!(
            line,
            "x,0,1970-01-01T00:00:00Z,sign_in,,,192.0.2.1,\"a,\"\"b\"\"\r\nc\"\r\n"
        );
        for formula in ["=1+1", "+cmd", "-2+3", "@x", "\tx"] {
            assert!(
                csv_line(&row(formula)).ends_with(&format!("\"'{formula}\"\r\n")),
                "{formula}"
            );
        }
        let line = json_line(&row("a\nb"));
        assert_eq!(line.matches('\n').count(), 1);
    }
}
