//! The README that lies beside the CSV files of a sample.

use chrono::SecondsFormat;

use super::Settings;

/// The words of the README for a sample with these settings.
pub fn text(settings: &Settings) -> String {
    let Settings {
        cases,
        seed,
        from,
        until,
    } = settings;
    let until = until.to_rfc3339_opts(SecondsFormat::Secs, true);
    format!(
        "# Sample register of \"Kuzey Yapı\"

{cases} complaints of an invented manufacturer of paints, sealants, insulation and waterproofing, with plants in
Gebze and Bursa and its head office in İstanbul. Firm, products, persons, numbers and events are all made up;
phone numbers have an area code that does not exist and mail addresses end in `.invalid`.

Made by `redress sample generate --cases {cases} --seed {seed} --csv DIR`; complaints received from {from} on, register as it
stood at {until}. The same command gives the same bytes.

All files are CSV in UTF-8 with a header row. Instants are UTC, RFC 3339, whole seconds; days are local days in
Europe/Istanbul; empty means unknown or not applicable.

| file | one row per | columns |
|---|---|---|
| `cases.csv` | case | `case_id`, in the order of registration; `complainant_id`; `source_verdict`, empty here: what a foreign store says of its own deadline |
| `events.csv` | event, in the order of recording | `case_id`; `seq`, from 1 over the whole register; `kind`; `occurred_at`; `recorded_at`; `role`; `actor`, empty for the customer and the system; `late_reason`; `data`, a JSON object with the fields of the kind |
| `texts.csv` | text of an event | `case_id`, `seq` of the event, `text`: words of decisions, rejections and notes |
| `narratives.csv` | case | `case_id`, `language` (tr, ru, en), `narrative`: the complaint in the customer's or the clerk's words |
| `complainants.csv` | complainant | `complainant_id`, `name`, `phone`, `email`, `language` |
| `actions.csv` | corrective or preventive action | `action_id`, `kind`, `cause` it aims at, `title`, `planned_on`, `implemented_on`, `works` (truth: whether the cause struck less afterwards) |
| `exposures.csv` | month, product and site | `month`, `product`, `site`, `units` sold |
| `staff.csv` | member of staff, without the name | `staff_no`; `contact`: yes for the ones who take complaints; `department`; `site`; `active`; `trained_on`, day of the first training |
| `evidences.csv` | figure entered by hand | `indicator` (P1 …), `dated`, `figure`, `unit`, `entered_by`, `note` |
| `objectives.csv` | version of an objective | `indicator` (M2 …, `sla.intake` …), `version`, `target`, `direction` (at_least, at_most), `owner`, `effective_from` |
| `truth.csv` | case | `case_id`, `cause`, `group_id`, `relation`, `of_case`: see below |

## What is planted

Ten causes strike from some day on; some end when an action that works is implemented, goods made before it failing
for a while longer. Every complaint about a planted cause is worded on its own, in three languages.

`relation` in `truth.csv` is one of

- `recurrent`: the same problem from different complainants. Cases with the same `cause` share the cause; those with
  the same `group_id` also share product, lot and a window of time.
- `duplicate`: the complaint `of_case` registered a second time, by the same complainant in nearly the same words.
  Most duplicates were noticed and merged.
- `repeat`: the complainant of `of_case` again with the same problem, weeks after it was decided.
- `background`: none of these.

A duplicate or repeat of a grouped case carries that case's `cause` and `group_id`.

Group sizes follow those of real registers: about three of ten cases are grouped, three of five groups are pairs, and
a few have more than twenty. Background texts are used once each before any comes again; in a large sample they come
again with a sentence on another matter added, so there some background cases resemble each other by accident.

Plant and stage decide how often limits are missed: processing in Bursa is clearly worse than in Gebze, deliveries are
taken in quickly, and the fifth eighth of the span (in the usual span the last quarter of 2025) was bad everywhere.
Events can be entered late, amended or struck out, and the last weeks' cases are open.
"
    )
}
