//! CSV and Parquet as columns of cells.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use arrow::array::{Array, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type};
use encoding_rs::{Encoding, UTF_8};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use redress_plain::guarded::guarded;

use super::quotes::Quotes;
use super::{Cells, TableError, positions};

/// What a Parquet file begins with.
const PARQUET: &[u8; 4] = b"PAR1";

/// The wanted columns of a file, in the order wanted.
pub(super) fn columns(path: &Path, wanted: &[&str]) -> Result<Vec<(String, Cells)>, TableError> {
    let unreadable = |source| TableError::Unreadable {
        path: path.to_owned(),
        source,
    };
    let mut file = File::open(path).map_err(unreadable)?;
    let mut start = Vec::with_capacity(PARQUET.len());
    file.by_ref()
        .take(PARQUET.len() as u64)
        .read_to_end(&mut start)
        .map_err(unreadable)?;
    if start == PARQUET {
        return from_parquet(path, file, wanted);
    }
    let mut bytes = start;
    file.read_to_end(&mut bytes).map_err(unreadable)?;
    from_csv(path, &bytes, wanted)
}

fn from_csv(
    path: &Path,
    bytes: &[u8],
    wanted: &[&str],
) -> Result<Vec<(String, Cells)>, TableError> {
    let encoding = Encoding::for_bom(bytes).map_or(UTF_8, |(encoding, _)| encoding);
    let (text, _, damaged) = encoding.decode(bytes);
    if damaged {
        return Err(TableError::NotUtf8 {
            path: path.to_owned(),
        });
    }
    if text.trim().is_empty() {
        return Err(TableError::Blank {
            path: path.to_owned(),
        });
    }
    let failed = |error: csv::Error| TableError::NoTable {
        path: path.to_owned(),
        why: error.to_string(),
    };
    let separator = separator(&text);
    // Tab-separated files have no quoting (IANA, text/tab-separated-values): a quotation mark there is the text's.
    let quoted = separator != b'\t';
    if quoted {
        check_quotes(path, separator, &text)?;
    }
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator)
        .quoting(quoted)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let header = reader.headers().map_err(failed)?;
    let known: Vec<String> = header.iter().map(str::to_owned).collect();
    let places = positions(path, &known, wanted)?;
    let mut columns: Vec<Vec<Option<String>>> = vec![Vec::new(); wanted.len()];
    for record in reader.records() {
        let record = record.map_err(failed)?;
        for (column, &place) in columns.iter_mut().zip(&places) {
            let cell = record.get(place).filter(|text| !matches!(*text, "" | "NA"));
            column.push(cell.map(|text| {
                if quoted {
                    text.to_owned()
                } else {
                    unquoted(text)
                }
            }));
        }
    }
    let named = wanted.iter().map(|name| (*name).to_owned());
    Ok(named.zip(columns.into_iter().map(Cells::Text)).collect())
}

/// Refuses a text that ends within a quoted cell: the rows behind the open mark would be that cell.
fn check_quotes(path: &Path, separator: u8, text: &str) -> Result<(), TableError> {
    let mut quotes = Quotes::new(separator);
    quotes.follow(text.as_bytes());
    match quotes.open_since() {
        None => Ok(()),
        Some(line) => Err(TableError::NoTable {
            path: path.to_owned(),
            why: format!(
                "the quotation mark that opens a cell on line {line} is never closed; close it there, or export the file again"
            ),
        }),
    }
}

/// A cell without the marks around it that some programs write all the same.
fn unquoted(cell: &str) -> String {
    let inner = cell
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    match inner {
        Some(inner) if !inner.replace("\"\"", "").contains('"') => inner.replace("\"\"", "\""),
        Some(_) | None => cell.to_owned(),
    }
}

/// The separator that stands in the header most often: comma, semicolon or tab.
fn separator(text: &str) -> u8 {
    let header = text.lines().next().unwrap_or_default();
    let often = |separator: u8| header.bytes().filter(|byte| *byte == separator).count();
    let (mut best, mut most) = (b',', often(b','));
    for other in [b';', b'\t'] {
        if often(other) > most {
            (best, most) = (other, often(other));
        }
    }
    best
}

fn from_parquet(
    path: &Path,
    file: File,
    wanted: &[&str],
) -> Result<Vec<(String, Cells)>, TableError> {
    let failed = |why: String| TableError::NoTable {
        path: path.to_owned(),
        why,
    };
    let builder = guarded(|| ParquetRecordBatchReaderBuilder::try_new(file));
    let builder = builder.map_err(|given_up| failed(given_up.to_string()))?;
    let builder = builder.map_err(|e| failed(e.to_string()))?;
    let known: Vec<String> = builder
        .schema()
        .fields()
        .iter()
        .map(|field| field.name().clone())
        .collect();
    let places = positions(path, &known, wanted)?;
    let mask = ProjectionMask::roots(builder.parquet_schema(), places);
    let reader = guarded(|| builder.with_projection(mask).build());
    let reader = reader.map_err(|given_up| failed(given_up.to_string()))?;
    let mut reader = reader.map_err(|e| failed(e.to_string()))?;
    let mut columns: Vec<Option<Cells>> = wanted.iter().map(|_| None).collect();
    while let Some(batch) =
        guarded(|| reader.next()).map_err(|given_up| failed(given_up.to_string()))?
    {
        let batch = batch.map_err(|e| failed(e.to_string()))?;
        for (name, column) in wanted.iter().zip(&mut columns) {
            let Some(array) = batch.column_by_name(name) else {
                continue;
            };
            let why = |e: arrow::error::ArrowError| failed(format!("the column `{name}`: {e}"));
            append(column, array.as_ref()).map_err(why)?;
        }
    }
    let named = wanted.iter().map(|name| (*name).to_owned());
    let cells = columns
        .into_iter()
        .map(|column| column.unwrap_or(Cells::Number(Vec::new())));
    Ok(named.zip(cells).collect())
}

/// Adds a batch's column: numbers as numbers, everything else (dates, flags, texts) as text.
fn append(column: &mut Option<Cells>, array: &dyn Array) -> Result<(), arrow::error::ArrowError> {
    let numeric = match array.data_type() {
        DataType::Dictionary(_, values) => values.is_numeric(),
        plain => plain.is_numeric(),
    };
    let cells = column.get_or_insert(if numeric {
        Cells::Number(Vec::new())
    } else {
        Cells::Text(Vec::new())
    });
    match cells {
        Cells::Number(cells) => {
            let array = cast(array, &DataType::Float64)?;
            cells.extend(array.as_primitive::<Float64Type>().iter());
        }
        Cells::Text(cells) => {
            let array = cast(array, &DataType::Utf8)?;
            let text = |cell: Option<&str>| cell.filter(|text| !text.is_empty()).map(str::to_owned);
            cells.extend(array.as_string::<i32>().iter().map(text));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
    use parquet::arrow::ArrowWriter;

    use super::*;

    #[test]
    fn no_flipped_bit_of_a_parquet_file_ends_the_program() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("complaints.parquet");
        let texts = (0..50).map(|n| (n % 7 > 0).then(|| format!("complaint {}", n % 9)));
        let numbers = (0..50).map(|n| (n % 5 > 0).then_some(n * 1000));
        let batch = RecordBatch::try_from_iter([
            ("text", Arc::new(texts.collect::<StringArray>()) as ArrayRef),
            ("number", Arc::new(numbers.collect::<Int64Array>())),
        ]);
        let batch = batch.expect("a batch");
        let mut sound = Vec::new();
        let mut writer = ArrowWriter::try_new(&mut sound, batch.schema(), None).expect("a writer");
        writer.write(&batch).expect("written");
        writer.close().expect("closed");
        let (mut refused, mut given_up) = (0, 0);
        for at in 0..sound.len() * 8 {
            let mut damaged = sound.clone();
            damaged[at / 8] ^= 1 << (at % 8);
            std::fs::write(&path, &damaged).expect("written");
            if let Err(error) = columns(&path, &["text", "number"]) {
                refused += 1;
                given_up += usize::from(error.to_string().contains("the decoder gave up"));
            }
        }
        // Else the guard was not needed, or the file is not what the decoder reads.
        assert!(
            refused > sound.len() / 8 && given_up > 0,
            "{refused}, {given_up}"
        );
    }
}
