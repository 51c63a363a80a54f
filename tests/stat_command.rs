//! `redress stat`: tables in, figures of R's manuals and the oracle out.

use std::path::PathBuf;

use assert_cmd::Command;
use serde_json::Value;

const DONE: i32 = 0;
const FAILED: i32 = 1;
const USAGE: i32 = 2;

/// A folder with tables.
struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    fn new() -> Desk {
        Desk {
            folder: tempfile::tempdir().expect("a folder"),
        }
    }

    /// A desk with one table, `table.csv`.
    fn with(text: &str) -> Desk {
        let desk = Desk::new();
        desk.put("table.csv", text.as_bytes());
        desk
    }

    fn put(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.path(name), bytes).expect("written");
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs `redress stat` with the words of a line; what stands in single quotes is one argument.
    fn run(&self, line: &str) -> (i32, Vec<u8>, String) {
        let mut arguments = vec!["stat".to_owned()];
        for (part, text) in line.split('\'').enumerate() {
            if part % 2 == 1 {
                arguments.push(text.to_owned());
            } else {
                arguments.extend(text.split_whitespace().map(str::to_owned));
            }
        }
        let output = Command::new(env!("CARGO_BIN_EXE_redress"))
            .env_clear()
            .current_dir(self.folder.path())
            .args(&arguments)
            .output()
            .expect("the program runs");
        let err = String::from_utf8(output.stderr).expect("UTF-8");
        (output.status.code().expect("it exits"), output.stdout, err)
    }

    /// The rows of the answer.
    #[track_caller]
    fn rows(&self, line: &str) -> Vec<Value> {
        let (code, out, err) = self.run(&format!("{line} --format json"));
        assert_eq!(code, DONE, "{err}");
        let answer: Value = serde_json::from_slice(&out).expect("JSON");
        answer.as_array().expect("rows").clone()
    }

    #[track_caller]
    fn refused(&self, line: &str, code: i32, words: &[&str]) {
        let (got, out, err) = self.run(line);
        assert_eq!(got, code, "{} {err}", String::from_utf8_lossy(&out));
        for word in words {
            assert!(err.contains(word), "`{word}` is not in: {err}");
        }
        assert!(!err.contains("panicked"), "{err}");
    }
}

#[track_caller]
fn close(row: &Value, column: &str, theirs: f64, allowed: f64) {
    let ours = row[column]
        .as_f64()
        .unwrap_or_else(|| panic!("{column}: {row}"));
    assert!((ours - theirs).abs() <= allowed, "{column}: {ours}");
}

/// The leukaemia data of R's `survival::aml`, as counts.
fn aml() -> Desk {
    let mut text = String::from("weeks,ended,cases,arm\n");
    for line in include_str!("oracle/stats/log_rank_data.csv").lines() {
        let cells: Vec<&str> = line.split(',').collect();
        if let ["aml", group, time, events, censored] = cells[..] {
            text.push_str(&format!(
                "{time},1,{events},{group}\n{time},0,{censored},{group}\n"
            ));
        }
    }
    Desk::with(&text)
}

const AML: &str = "table.csv --time weeks --event ended --count cases --group arm";

#[test]
fn survival_answers_what_r_prints_for_aml() {
    let desk = aml();
    // R: medians 31 and 23 with lower limits 18 and 8, upper NA.
    let medians = desk.rows(&format!("survival {AML} --quantiles 0.5"));
    for (row, median, lower) in [(&medians[0], 31.0, 18.0), (&medians[1], 23.0, 8.0)] {
        close(row, "time", median, 0.0);
        close(row, "lower", lower, 0.0);
        assert!(row["upper"].is_null());
        assert_eq!(row["status"], "few at risk");
    }
    // R: at 13 weeks 10 at risk, survival 0.818, standard error 0.1163, limits 0.6192 and 1.
    let curve = desk.rows(&format!("survival {AML}"));
    close(&curve[1], "time", 13.0, 0.0);
    close(&curve[1], "at_risk", 10.0, 0.0);
    close(&curve[1], "survival", 0.818, 5e-4);
    close(&curve[1], "std_error", 0.1163, 5e-5);
    close(&curve[1], "lower", 0.6192, 5e-5);
    close(&curve[1], "upper", 1.0, 0.0);
    assert_eq!(curve[1]["shown"], true);
    let incidence = desk.rows(&format!("survival {AML} --incidence"));
    close(&incidence[1], "event", 1.0 - 9.0 / 11.0, 1e-12);
    close(&incidence[1], "competing", 0.0, 0.0);
}

#[test]
fn logrank_answers_what_r_prints_for_aml() {
    // R: survdiff(Surv(time, status) ~ x, data = aml): expected 10.69 and 7.31, Chisq = 3.4, p = 0.07.
    let rows = aml().rows(&format!("logrank {AML}"));
    close(&rows[0], "expected", 10.69, 5e-3);
    close(&rows[1], "expected", 7.31, 5e-3);
    close(&rows[0], "chi_square", 3.4, 0.05);
    close(&rows[0], "p_value", 0.07, 5e-3);
}

/// Montgomery's cans of orange juice, of 50 each.
fn juice() -> Desk {
    let counts = [
        12, 15, 8, 10, 4, 7, 16, 9, 14, 10, 5, 6, 17, 12, 22, 8, 10, 5, 13, 11, 20, 18, 24, 15, 9,
        12, 7, 13, 9, 6,
    ];
    let mut text = String::from("sample;leaking;cans\n");
    for (index, count) in counts.iter().enumerate() {
        text.push_str(&format!("s{};{count};50\n", index + 1));
    }
    Desk::with(&text)
}

#[test]
fn control_charts_answer_montgomerys_limits_and_phases() {
    let desk = juice();
    let line = "control table.csv --count leaking --size cans --label sample";
    let chart = desk.rows(&format!("{line} --kind p --baseline-points 30"));
    close(&chart[0], "centre", 0.2313, 5e-5);
    close(&chart[0], "lower", 0.0524, 5e-5);
    close(&chart[0], "upper", 0.4102, 5e-5);
    assert_eq!(chart[14]["point"], "s15");
    assert_eq!(chart[14]["signals"], "beyond_3_sigma");
    let phases = desk.rows(&format!("{line} --kind p-prime --phase '16=new machine'"));
    assert_eq!(
        (&phases[14]["phase"], &phases[15]["phase"]),
        (&1.into(), &2.into())
    );
    assert_eq!(phases[15]["reason"], "new machine");
    assert_eq!(phases[15]["firm"], false);
    assert!(phases[15]["sigma_z"].is_f64());
    for kind in ["u", "u-prime", "xmr", "g", "t"] {
        let columns = if kind.starts_with('u') {
            "--count leaking --exposure cans"
        } else {
            "--value leaking"
        };
        let rows = desk.rows(&format!(
            "control table.csv --kind {kind} {columns} --unfinished"
        ));
        assert_eq!(rows.len(), 30, "{kind}");
        assert_eq!(rows[29]["unfinished"], true);
    }
    desk.refused(&format!("{line} --kind p --phase 16="), USAGE, &["reason"]);
    desk.refused("control table.csv --kind p", USAGE, &["needs --count"]);
    desk.refused("control table.csv --kind t", USAGE, &["needs --value"]);
    desk.refused(
        &format!("{line} --kind p --phase '31=too late'"),
        FAILED,
        &["table.csv", "after the end"],
    );
}

#[test]
fn dispersion_answers_rs_test_of_smokers() {
    // R, example of prop.test: X-squared = 12.6, df = 3, p-value = 0.005585.
    let desk = Desk::with("smokers\tpatients\n83\t86\n90\t93\n129\t136\n70\t82\n");
    let rows = desk.rows("dispersion table.csv --kind share --count smokers --size patients");
    close(&rows[0], "chi_square", 12.6, 0.05);
    close(&rows[0], "p_value", 0.005585, 5e-7);
    assert_eq!(rows[0]["chart"], "p-prime");
}

#[test]
fn an_effect_answers_rs_poisson_test_and_says_what_is_missing() {
    // The example of R's help page on `poisson.test`, from Feldmann and others: 21 in 3,011 against 11 in 800.
    let desk = Desk::with("w,x,t\nbefore,21,3011\nafter,11,800\nbetween,99,100\n");
    let line = "effect table.csv --window w --events x --exposure t";
    let found = &desk.rows(line)[0];
    let real = |name: &str| found[name].as_f64().expect("a number");
    for (name, of_r) in [
        ("ratio", 1.971488),
        ("lower", 0.858_426_4),
        ("upper", 4.277_265_9),
    ] {
        assert!((real(name) - of_r).abs() < 1e-6, "{name}: {}", real(name));
    }
    assert_eq!(found["verdict"], "ineffective");
    let desk = Desk::with("w,x,t\nbefore,21,3011\n");
    let (code, _, err) = desk.run(line);
    assert_eq!(code, USAGE);
    assert!(
        err.contains("needs rows with `before` and with `after`"),
        "{err}"
    );
    let desk = Desk::with("w,x,t,m\nbefore,21,3011,1\nafter,3,100,2\n");
    let (code, _, err) = desk.run(&format!("{line} --season m"));
    assert_eq!(code, FAILED, "{err}");
}

#[test]
fn rate_ratios_answer_rs_poisson_test_and_glm_nb() {
    // R, example of poisson.test: c(11, 6+8+7), c(800, 1083+1050+878).
    let desk = Desk::with("g,x,t\nb,6,1083\nb,8,1050\nb,7,878\na,11,800\n");
    let line = "rate-ratio table.csv --group g --events x --exposure t";
    let rows = desk.rows(line);
    close(&rows[0], "ratio", 1.971488, 5e-7);
    close(&rows[0], "lower", 0.8584264, 5e-8);
    close(&rows[0], "upper", 4.2772659, 5e-8);
    close(&rows[0], "p_value", 0.07967, 5e-6);
    let turned = desk.rows(&format!("{line} --reference a --method mid-p"));
    close(&turned[0], "ratio", 1.0 / 1.971488, 1e-6);
    assert_eq!(turned[0]["group"], "b");

    // R's glm.nb on the days absent from school, by sex: the oracle's table.
    let mut text = String::from("sex,days,pupils\n");
    for line in include_str!("oracle/stats/periods.csv").lines() {
        if let ["quine_sex", group, events, exposure] = line.split(',').collect::<Vec<_>>()[..] {
            text.push_str(&format!("{group},{events},{exposure}\n"));
        }
    }
    let desk = Desk::with(&text);
    let columns = "--group sex --events days --exposure pupils --reference b";
    let rows = desk.rows(&format!("negbin table.csv {columns}"));
    close(&rows[0], "ratio", 1.179280489625317, 1e-7);
    close(&rows[0], "upper", 1.6313142392998312, 1e-7);
    close(&rows[0], "dispersion", 1.074116523837109, 1e-7);
    let rows = desk.rows(&format!(
        "rate-ratio table.csv {columns} --method quasi-poisson"
    ));
    close(&rows[0], "dispersion", 16.101377053034543, 1e-7);
    desk.refused(
        &format!("negbin table.csv {columns} --reference c"),
        USAGE,
        &["reference"],
    );
}

#[test]
fn a_rate_ratio_needs_two_groups() {
    let desk = Desk::with("g,x,t\na,1,2\nb,1,2\nc,1,2\n");
    desk.refused(
        "rate-ratio table.csv --group g --events x --exposure t",
        USAGE,
        &["two groups", "a, b, c"],
    );
    let desk = Desk::with("g,x,t\na,0,2\nb,0,2\n");
    desk.refused(
        "rate-ratio table.csv --group g --events x --exposure t",
        FAILED,
        &["table.csv", "not estimable"],
    );
}

#[test]
fn power_answers_how_long_a_halving_takes_to_be_seen() {
    // The oracle's power.csv: 4 a month, 12 months before and after: 0.7847.
    let rows = Desk::new().rows("power --rate 4 --reduction 0.5");
    close(&rows[0], "power", 0.7846593086767988, 1e-9);
    close(&rows[0], "follow_up_needed", 13.0, 0.0);
    let rows = Desk::new().rows("power --rate 0.5 --reduction 0.2 --longest 24");
    assert!(rows[0]["follow_up_needed"].is_null());
    Desk::new().refused("power --rate 0 --reduction 0.5", USAGE, &["baseline rate"]);
    Desk::new().refused("power --rate 4 --reduction 1.5", USAGE, &["reduction"]);
}

#[test]
fn funnels_answer_the_oracles_limits_and_refuse_nine_units() {
    let mut text = String::from("site,late,all\n");
    let (mut lower, mut upper) = (0.0, 0.0);
    let mut units = 0;
    for line in include_str!("oracle/stats/funnel.csv").lines() {
        let cells: Vec<&str> = line.split(',').collect();
        if cells[0] != "share_wide" {
            continue;
        }
        if units == 0 {
            (lower, upper) = (cells[13].parse().unwrap(), cells[14].parse().unwrap());
        }
        units += 1;
        let size: f64 = cells[2].parse().unwrap();
        text.push_str(&format!("u{units},{},{size}\n", cells[1]));
    }
    let desk = Desk::with(&text);
    let line = "funnel table.csv --unit site --count late --size all --kind share";
    let rows = desk.rows(line);
    assert_eq!(rows.len(), units);
    close(&rows[0], "lower_95", lower, 1e-8);
    close(&rows[0], "upper_95", upper, 1e-8);
    for over in ["ignore", "multiplicative"] {
        assert_eq!(
            desk.rows(&format!("{line} --over-dispersion {over}")).len(),
            units
        );
    }
    let few: String = text
        .lines()
        .take(10)
        .map(|line| line.to_owned() + "\n")
        .collect();
    Desk::with(&few).refused(line, FAILED, &["table.csv", "rates with intervals"]);
}

#[test]
fn standardise_answers_by_hand_and_names_the_empty_stratum() {
    // By hand, as in the library's test: expected 14 and 56.
    let desk =
        Desk::with("site,group,events,units\na,x,6,80\na,y,8,20\nb,x,4,20\nb,y,50,170\nb,y,2,10\n");
    let columns = "--unit site --stratum group --events events --exposure units";
    let rows = desk.rows(&format!("standardise table.csv {columns} --limits byar"));
    close(&rows[0], "expected", 14.0, 1e-12);
    close(&rows[1], "expected", 56.0, 1e-12);
    // (100 * 6 / 80 + 200 * 8 / 20) / 300
    let rows = desk.rows(&format!("standardise table.csv {columns} --method direct"));
    close(&rows[0], "rate", 87.5 / 300.0, 1e-12);
    let desk = Desk::with("site,group,events,units\na,x,6,80\nb,x,4,20\nb,y,52,180\n");
    desk.refused(
        &format!("standardise table.csv {columns} --method direct"),
        FAILED,
        &["`a`", "`y`", "indirect"],
    );
}

#[test]
fn pareto_wilson_and_fdr_answer_published_figures() {
    // R, package qcc, example of pareto.chart.
    let desk =
        Desk::with("defect,n\nprice,80\ndate,27\nsupplier,60\nsupplier,6\ncontact,94\npart,33\n");
    let rows = desk.rows("pareto table.csv --category defect --weight n");
    assert_eq!(rows[0]["category"], "contact");
    close(&rows[2], "cumulative_share", 0.8, 1e-12);
    assert_eq!(
        (&rows[2]["vital"], &rows[3]["vital"]),
        (&true.into(), &false.into())
    );
    assert_eq!(
        desk.rows("pareto table.csv --category defect")[0]["category"],
        "supplier"
    );
    // Newcombe (1998), table I, method 3.
    let desk = Desk::with("x,n\n81,263\n1,29\n");
    let rows = desk.rows("wilson table.csv --count x --size n");
    close(&rows[0], "lower", 0.2553, 5e-5);
    close(&rows[1], "upper", 0.1718, 5e-5);
    desk.refused(
        "wilson table.csv --count n --size x",
        FAILED,
        &["row 1", "263 of 81"],
    );
    desk.refused(
        "wilson table.csv --count x --size n --confidence 95",
        USAGE,
        &["between 0 and 1"],
    );
    // The first five of Benjamini and Hochberg (1995) as tests of their own: 0.0201 * 5 / 5.
    let desk = Desk::with("test,p\na,0.0001\nb,0.0004\nc,0.0019\nd,0.0095\ne,0.0201\n");
    let rows = desk.rows("fdr table.csv --p p --label test --level 0.02");
    close(&rows[4], "p_adjusted", 0.0201, 1e-15);
    assert_eq!(
        (&rows[3]["discovery"], &rows[4]["discovery"]),
        (&true.into(), &false.into())
    );
}

#[test]
fn parquet_is_read_as_csv_is() {
    let desk = Desk::with("\u{feff}name,x,n\n\"a, b\",81,263\nc,1,29\n");
    let line = "--count x --size n --label name";
    let (code, parquet, err) = desk.run(&format!("wilson table.csv {line} --format parquet"));
    assert_eq!(code, DONE, "{err}");
    desk.put("again.parquet", &parquet);
    let again = desk.rows("wilson again.parquet --count count --size size --label row");
    assert_eq!(again, desk.rows(&format!("wilson table.csv {line}")));
    assert_eq!(again[0]["row"], "a, b");
    desk.refused(
        "wilson again.parquet --count nothing --size size",
        USAGE,
        &["`nothing`", "row, count, size"],
    );
    desk.refused(
        "wilson again.parquet --count row --size size",
        FAILED,
        &["again.parquet", "row 1", "`row`", "a, b"],
    );
}

#[test]
fn tables_that_cannot_be_read_say_why() {
    let line = "survival table.csv --time t --event e";
    let refused = |text: &str, code, words: &[&str]| Desk::with(text).refused(line, code, words);
    refused("t,x\n1,1\n", USAGE, &["table.csv", "no column `e`", "t, x"]);
    refused("t,e\n", FAILED, &["table.csv", "no rows"]);
    for nothing in ["", "\n\n", "\u{feff}"] {
        refused(
            nothing,
            FAILED,
            &["table.csv", "the file is empty", "export it again"],
        );
    }
    refused(
        "t,e\n1,1\nsoon,1\n",
        FAILED,
        &["table.csv", "row 2", "`t`", "`soon`"],
    );
    refused("t,e\n1,1\nNaN,1\n", FAILED, &["row 2", "`NaN`"]);
    refused("t,e\n1,1\n,1\n", FAILED, &["row 2", "`t`", "empty"]);
    refused("t,e\n1,1\n-2,1\n", FAILED, &["row 2", "-2"]);
    refused("t,e\n1,7\n", FAILED, &["row 1", "`e`", "`7`"]);
    refused("t,e\n1,1,1\n", FAILED, &["table.csv", "line: 2"]);
    refused("t,e,t\n1,1,1\n", FAILED, &["`t`", "twice"]);
    let desk = Desk::new();
    desk.refused(line, FAILED, &["table.csv", "cannot be read"]);
    desk.put("table.csv", b"t,e\n1,\xff\n");
    desk.refused(line, FAILED, &["UTF-8"]);
    desk.put("table.csv", b"PAR1 but no Parquet");
    desk.refused(line, FAILED, &["table.csv", "Parquet"]);
    let counts = Desk::with("x,n\n-1,5\n");
    counts.refused(
        "wilson table.csv --count x --size n",
        FAILED,
        &["row 1", "-1", "count"],
    );
    let counts = Desk::with("x,n\n1.5,5\n");
    counts.refused(
        "wilson table.csv --count x --size n",
        FAILED,
        &["1.5", "count"],
    );
}

#[test]
fn people_get_six_digits_and_programs_all() {
    let desk = Desk::with("x,n\n1,3\n999000,1000000\n");
    let (_, out, _) = desk.run("wilson table.csv --count x --size n");
    let shown = String::from_utf8(out).unwrap();
    assert!(shown.contains(" 0.333333 "), "{shown}");
    let (_, out, _) = desk.run("wilson table.csv --count x --size n --format csv");
    assert!(
        String::from_utf8(out)
            .unwrap()
            .contains("0.3333333333333333")
    );
}
