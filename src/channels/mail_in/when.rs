//! When a mail was received, and by what that is known.

use chrono::{DateTime, Datelike, SubsecRound as _, Utc};

use super::headers::Headers;

/// Where calendars begin: an earlier date is a computer's that had none.
const EARLIEST_YEAR: i32 = 2000;

/// When our side received a mail: by its topmost `Received` field that tells of a delivery (those below may be anybody's
/// invention), else by its `Date`, else by the time of its file. Never after `now`.
///
/// Programs that collect mail from a mailbox put a field of their own on top, which tells when they did that; those are
/// passed over.
pub fn received_at(
    headers: &Headers,
    file_time: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> DateTime<Utc> {
    // The register keeps microseconds; a finer `now` would lie after its own.
    let now = now.trunc_subsecs(6);
    let sound = |at: &DateTime<Utc>| at.year() >= EARLIEST_YEAR;
    let delivered = headers
        .all("received")
        .map(String::from_utf8_lossy)
        .find(|field| !is_collector(field))
        .and_then(|field| date(field.rsplit(';').next()?))
        .filter(sound)
        // The clock of a server of ours may be a little ahead.
        .map(|at| at.min(now));
    let dated = || {
        let field = headers.first("date")?;
        // A date in the future is a wrong one, not one that is nearly right.
        date(&String::from_utf8_lossy(field)).filter(|at| sound(at) && *at <= now)
    };
    let filed = || {
        file_time
            .filter(sound)
            .map(|at| at.trunc_subsecs(6).min(now))
    };
    delivered.or_else(dated).or_else(filed).unwrap_or(now)
}

/// Whether a field tells of the collecting from a mailbox (RFC 3848 names the protocols of delivery).
fn is_collector(field: &str) -> bool {
    let field = field.to_ascii_lowercase();
    ["with pop3", "with imap", "fetchmail", "getmail", "retr via"]
        .iter()
        .any(|mark| field.contains(mark))
}

/// A date of a mail (RFC 5322, 3.3), in its obsolete forms too.
fn date(text: &str) -> Option<DateTime<Utc>> {
    let read = mail_parser::DateTime::parse_rfc822(text.trim())?;
    if !read.is_valid() {
        return None;
    }
    DateTime::from_timestamp(read.to_timestamp(), 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-03-10T12:00:00Z";

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn received(fields: &str) -> DateTime<Utc> {
        let headers = Headers::read(format!("{fields}\r\n").as_bytes());
        received_at(&headers, Some(at("2026-03-09T00:00:00Z")), at(NOW))
    }

    #[test]
    fn the_topmost_delivery_tells() {
        let fields = "Received: by desk.example.org with LMTP id x for <d@example.org>;\r\n\tTue, 3 Mar 2026 10:00:05 +0300 (TRT)\r\nReceived: from evil; Tue, 3 Mar 2020 10:00:00 +0300\r\nDate: Mon, 2 Mar 2026 10:00:00 +0300\r\n";
        assert_eq!(received(fields), at("2026-03-03T07:00:05Z"));
    }

    #[test]
    fn the_collecting_program_is_passed_over() {
        let fields = "Received: from imap.example.org [192.0.2.1]\r\n by host with IMAP (fetchmail-6.4.38)\r\n for <d@localhost> (single-drop); Mon, 09 Mar 2026 08:00:00 +0000 (UTC)\r\nReceived: from mx (mx [192.0.2.2]) by imap.example.org (Postfix) with ESMTPS id 1; Fri, 6 Mar 2026 17:30:00 +0300\r\n";
        assert_eq!(received(fields), at("2026-03-06T14:30:00Z"));
    }

    #[test]
    fn without_a_delivery_the_date_and_then_the_file_tell() {
        assert_eq!(
            received("Date: Mon, 2 Mar 2026 10:00:00 GMT\r\n"),
            at("2026-03-02T10:00:00Z")
        );
        assert_eq!(
            received("Received: nonsense\r\nDate: Mon, 2 Mar 2026 10:00 +0300\r\n"),
            at("2026-03-02T07:00:00Z")
        );
        for wrong in [
            "",
            "Date: tomorrow\r\n",
            "Date: Mon, 2 Mar 2037 10:00:00 +0000\r\n",
            "Date: Thu, 1 Jan 1970 00:00:00 +0000\r\n",
        ] {
            assert_eq!(received(wrong), at("2026-03-09T00:00:00Z"), "{wrong}");
        }
    }

    #[test]
    fn nothing_is_received_in_the_future() {
        let fields = "Received: by mx with ESMTP; Tue, 10 Mar 2026 12:00:30 +0000\r\n";
        assert_eq!(received(fields), at(NOW));
        let headers = Headers::default();
        let later = Some(at("2026-03-11T00:00:00Z"));
        assert_eq!(received_at(&headers, later, at(NOW)), at(NOW));
        assert_eq!(received_at(&headers, None, at(NOW)), at(NOW));
    }
}
