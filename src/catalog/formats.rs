//! The formats that datasets are exported in, as catalogues name them.

use super::facts::Dataset;
use super::vocabulary::{CSV, Concept, JSON, PARQUET, XLSX};

/// An export.
pub struct Export {
    /// As the address ends.
    pub name: &'static str,
    pub label: &'static str,
    /// IANA media type, where one is registered.
    pub media_type: Option<&'static str>,
    /// In the file types of the Publications Office of the European Union.
    pub file_type: &'static Concept,
    /// 信息资源格式: its class, and the type in it.
    pub zh: (&'static str, &'static str),
    /// What it is for, in English and Chinese.
    pub about: [&'static str; 2],
}

/// Every format that datasets are exported in.
pub static ALL: &[Export] = &[
    Export {
        name: "csv",
        label: "CSV",
        media_type: Some("text/csv"),
        file_type: &CSV,
        zh: ("电子表格", "csv"),
        about: ["Comma-separated values (RFC 4180), UTF-8.", "逗号分隔值（RFC 4180），UTF-8 编码。"],
    },
    Export {
        name: "csv-excel",
        label: "CSV for spreadsheets",
        media_type: Some("text/csv"),
        file_type: &CSV,
        zh: ("电子表格", "csv"),
        about: [
            "Comma-separated values that spreadsheet programs open as they are: with a byte-order mark.",
            "可直接用电子表格软件打开的逗号分隔值，带字节序标记。",
        ],
    },
    Export {
        name: "xlsx",
        label: "Excel",
        media_type: Some("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        file_type: &XLSX,
        zh: ("电子表格", "xlsx"),
        about: [
            "Workbook (ISO/IEC 29500) with a sheet that explains the columns.",
            "工作簿（ISO/IEC 29500），附列说明表。",
        ],
    },
    Export {
        name: "json",
        label: "JSON",
        media_type: Some("application/json"),
        file_type: &JSON,
        zh: ("自描述格式", "json"),
        about: [
            "One JSON document (RFC 8259), records as the interface serves them.",
            "单个 JSON 文档（RFC 8259），记录与接口所提供的一致。",
        ],
    },
    Export {
        name: "ndjson",
        label: "NDJSON",
        media_type: None,
        file_type: &JSON,
        zh: ("自描述格式", "ndjson"),
        about: ["A JSON text a line, for streaming.", "每行一个 JSON 文本，适合流式处理。"],
    },
    Export {
        name: "parquet",
        label: "Parquet",
        media_type: Some("application/vnd.apache.parquet"),
        file_type: &PARQUET,
        zh: ("自描述格式", "parquet"),
        about: ["Apache Parquet, columns with their types.", "Apache Parquet，各列带数据类型。"],
    },
];

impl Dataset {
    /// Path of its export.
    pub fn export(&self, format: &str) -> String {
        format!("v1/exports/{}.{format}", self.kind.collection)
    }

    /// Query string that narrows the export to it.
    pub fn filter(&self) -> Option<String> {
        self.programme.as_ref().map(|id| format!("programme={id}"))
    }
}
