//! The minutes of the meeting as a text document (DOCX): what was asked of it, what was decided, and lines to sign.
//!
//! Office Open XML (ECMA-376): a zip with a document, its styles and two lists of parts. Only plain paragraphs and tables.

use std::io::{Cursor, Write as _};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::ReviewError;
use super::charts::escape;
use super::model::{Block, ReviewModel, Section, Table};

/// Sections of the review that are the meeting's.
const SECTIONS: [&str; 2] = ["meeting", "record"];
/// Lines to sign.
const SIGNATURES: usize = 3;
/// Height of a row that is written into by hand, in twentieths of a point.
const ROOM: u32 = 700;
/// Width of the text on A4, in the same unit.
const WIDTH: usize = 9638;

const TYPES: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/><Override PartName="/word/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"/></Types>"#;
const PARTS: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>"#;
const DOCUMENT_PARTS: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>"#;

/// Makes the document; the same review gives the same bytes.
///
/// # Errors
/// When the parts cannot be packed.
pub fn document(model: &ReviewModel) -> Result<Vec<u8>, ReviewError> {
    let failed = |error: zip::result::ZipError| ReviewError::Document(error.to_string());
    let mut pack = ZipWriter::new(Cursor::new(Vec::new()));
    // A fixed day: the bytes must not tell when they were made.
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default());
    for (name, text) in [
        ("[Content_Types].xml", TYPES.to_owned()),
        ("_rels/.rels", PARTS.to_owned()),
        ("word/_rels/document.xml.rels", DOCUMENT_PARTS.to_owned()),
        ("word/styles.xml", styles(model.language.as_str())),
        ("word/document.xml", body(model)),
    ] {
        pack.start_file(name, options).map_err(failed)?;
        pack.write_all(text.as_bytes())
            .map_err(|error| ReviewError::Document(error.to_string()))?;
    }
    Ok(pack.finish().map_err(failed)?.into_inner())
}

fn styles(language: &str) -> String {
    let style = |id: &str, name: &str, size: u32, bold: bool, before: u32| {
        let bold = if bold { "<w:b/>" } else { "" };
        format!(
            "<w:style w:type=\"paragraph\" w:styleId=\"{id}\"><w:name w:val=\"{name}\"/><w:basedOn w:val=\"Normal\"/>\
             <w:pPr><w:keepNext/><w:spacing w:before=\"{before}\" w:after=\"80\"/></w:pPr><w:rPr>{bold}<w:sz w:val=\"{size}\"/></w:rPr></w:style>"
        )
    };
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n\
         <w:styles xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\">\
         <w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:ascii=\"Calibri\" w:hAnsi=\"Calibri\" w:cs=\"Calibri\" w:eastAsia=\"Calibri\"/>\
         <w:sz w:val=\"21\"/><w:lang w:val=\"{language}\"/></w:rPr></w:rPrDefault></w:docDefaults>\
         <w:style w:type=\"paragraph\" w:default=\"1\" w:styleId=\"Normal\"><w:name w:val=\"Normal\"/>\
         <w:pPr><w:spacing w:after=\"80\"/></w:pPr></w:style>{}{}{}</w:styles>",
        style("Title", "Title", 36, true, 0),
        style("Heading1", "heading 1", 28, true, 360),
        style("Heading2", "heading 2", 23, true, 200),
    )
}

fn body(model: &ReviewModel) -> String {
    let head = &model.head;
    let mut text = String::new();
    text.push_str(&paragraph(&head.title, Some("Title")));
    for line in [&head.organisation, &head.period, &head.as_of, &head.source] {
        text.push_str(&paragraph(line, None));
    }
    text.push_str(&paragraph(&model.labels.decisions, Some("Heading1")));
    if model.findings.is_empty() {
        text.push_str(&paragraph(&model.labels.nothing, None));
    }
    for (number, finding) in (1..).zip(&model.findings) {
        let sentence = format!("{number}. {}", finding.sentence);
        text.push_str(&paragraph(&sentence, Some("Heading2")));
        if !finding.detail.is_empty() {
            text.push_str(&paragraph(&finding.detail, None));
        }
        text.push_str(&paragraph(&finding.decision, None));
    }
    for section in model
        .sections
        .iter()
        .filter(|section| SECTIONS.contains(&section.id.as_str()))
    {
        text.push_str(&self::section(section));
    }
    text.push_str(&paragraph(&model.labels.signatures, Some("Heading1")));
    let columns = [
        &model.labels.signature_name,
        &model.labels.signature_day,
        &model.labels.signature,
    ];
    let rows = vec![vec![String::new(); columns.len()]; SIGNATURES];
    let titles: Vec<String> = columns.iter().map(|title| (*title).clone()).collect();
    text.push_str(&grid(&titles, &rows, true));
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n\
         <w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:body>{text}\
         <w:sectPr><w:pgSz w:w=\"11906\" w:h=\"16838\"/><w:pgMar w:top=\"1134\" w:right=\"1134\" w:bottom=\"1134\" \
         w:left=\"1134\" w:header=\"567\" w:footer=\"567\" w:gutter=\"0\"/></w:sectPr></w:body></w:document>"
    )
}

fn section(section: &Section) -> String {
    let mut text = paragraph(&section.title, Some("Heading1"));
    for block in &section.blocks {
        match block {
            Block::Heading { text: heading } => {
                text.push_str(&paragraph(heading, Some("Heading2")));
            }
            Block::Text { text: words } | Block::Absent { text: words } => {
                text.push_str(&paragraph(words, None));
            }
            Block::Table { table } => text.push_str(&self::table(table)),
            // The meeting's sections hold nothing else.
            Block::Check { .. }
            | Block::Chart { .. }
            | Block::Cases { .. }
            | Block::Facts { .. }
            | Block::Command { .. } => {}
        }
    }
    text
}

fn table(table: &Table) -> String {
    let titles: Vec<String> = table.columns.iter().map(|c| c.title.clone()).collect();
    let rows: Vec<Vec<String>> = table
        .rows
        .iter()
        .map(|row| row.iter().map(|cell| cell.text.clone()).collect())
        .collect();
    paragraph(&table.caption, None) + &grid(&titles, &rows, table.form)
}

/// A ruled table whose heading is repeated on each page; `form` leaves room to write.
fn grid(titles: &[String], rows: &[Vec<String>], form: bool) -> String {
    let rule = |side: &str| {
        format!("<w:{side} w:val=\"single\" w:sz=\"4\" w:space=\"0\" w:color=\"9AA3AD\"/>")
    };
    let sides = ["top", "left", "bottom", "right", "insideH", "insideV"];
    let rules: String = sides.iter().map(|side| rule(side)).collect();
    let widths = widths(titles, rows, form);
    let columns: String = widths
        .iter()
        .map(|width| format!("<w:gridCol w:w=\"{width}\"/>"))
        .collect();
    let mut text = format!(
        "<w:tbl><w:tblPr><w:tblW w:w=\"{WIDTH}\" w:type=\"dxa\"/><w:tblBorders>{rules}</w:tblBorders>\
         <w:tblLayout w:type=\"fixed\"/></w:tblPr>\
         <w:tblGrid>{columns}</w:tblGrid><w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>"
    );
    for (title, width) in titles.iter().zip(&widths) {
        text.push_str(&format!(
            "<w:tc>{}<w:p><w:r><w:rPr><w:b/></w:rPr>{}</w:r></w:p></w:tc>",
            wide(*width),
            run(title)
        ));
    }
    text.push_str("</w:tr>");
    let height = match form {
        true => format!("<w:trHeight w:val=\"{ROOM}\" w:hRule=\"atLeast\"/>"),
        false => String::new(),
    };
    for row in rows {
        text.push_str(&format!("<w:tr><w:trPr><w:cantSplit/>{height}</w:trPr>"));
        for (cell, width) in row.iter().zip(&widths) {
            let cell = paragraph(cell, None);
            text.push_str(&format!("<w:tc>{}{cell}</w:tc>", wide(*width)));
        }
        text.push_str("</w:tr>");
    }
    // Two tables in a row would become one.
    text + "</w:tbl><w:p/>"
}

fn wide(width: usize) -> String {
    format!("<w:tcPr><w:tcW w:w=\"{width}\" w:type=\"dxa\"/></w:tcPr>")
}

/// Widths of columns by what stands in them, so that neither a date nor a long word is broken where there is room. In a
/// form the first column names the subject and the second takes most of the writing.
fn widths(titles: &[String], rows: &[Vec<String>], form: bool) -> Vec<usize> {
    let needs: Vec<usize> = titles
        .iter()
        .enumerate()
        .map(|(column, title)| {
            let texts = || rows.iter().filter_map(|row| row.get(column)).chain([title]);
            let longest_word = texts()
                .flat_map(|text| text.split_whitespace())
                .map(|word| word.chars().count())
                .max();
            let longest = texts().map(|text| text.chars().count()).max();
            let least = longest_word.unwrap_or(1).max(6);
            let written = form && column == 1 && titles.len() > 3;
            let wanted = if written { 40 } else { longest.unwrap_or(1) };
            wanted.clamp(least, 34.max(least))
        })
        .collect();
    let all: usize = needs.iter().sum();
    needs.iter().map(|need| WIDTH * need / all.max(1)).collect()
}

fn paragraph(text: &str, style: Option<&str>) -> String {
    let style = style
        .map(|style| format!("<w:pPr><w:pStyle w:val=\"{style}\"/></w:pPr>"))
        .unwrap_or_default();
    format!("<w:p>{style}<w:r>{}</w:r></w:p>", run(text))
}

/// The text of a run, with its line breaks; characters that XML forbids are left out.
fn run(text: &str) -> String {
    text.lines()
        .map(|line| {
            let safe: String = line.chars().filter(|c| !c.is_control()).collect();
            format!("<w:t xml:space=\"preserve\">{}</w:t>", escape(&safe))
        })
        .collect::<Vec<_>>()
        .join("<w:br/>")
}

#[cfg(test)]
mod tests {
    use super::run;

    #[test]
    fn text_stays_text() {
        assert_eq!(
            run("a <b> & \u{1}\"c\"\nd"),
            "<w:t xml:space=\"preserve\">a &lt;b&gt; &amp; &quot;c&quot;</w:t><w:br/><w:t xml:space=\"preserve\">d</w:t>"
        );
        assert_eq!(run(""), "");
    }
}
