//! Files of networks in the MaxMind DB format 2.0, small ones, as tests want them.
//!
//! Written from the format's specification (<https://maxmind.github.io/MaxMind-DB/>): a binary tree over the bits of
//! addresses, with 24-bit records; 16 zero bytes; the data; a marker and the metadata.
//! Not here: pointers inside the data, other sizes of records, and numbers of other sizes than 32 bits.

use std::net::IpAddr;
use std::path::Path;

use serde_json::Value;

const SEPARATOR: [u8; 16] = [0; 16];
const MARKER: &[u8] = b"\xab\xcd\xefMaxMind.com";

/// A file in the making.
pub struct Mmdb {
    database_type: String,
    is_v6: bool,
    root: Node,
}

enum Node {
    Empty,
    Record(Value),
    Fork(Box<[Node; 2]>),
}

impl Mmdb {
    /// A file of that type, which holds IPv6 networks, and those of IPv4 among them.
    pub fn new(database_type: &str) -> Mmdb {
        Mmdb { database_type: database_type.to_owned(), is_v6: true, root: Node::Empty }
    }

    /// A file that holds IPv4 networks only.
    pub fn v4_only(database_type: &str) -> Mmdb {
        Mmdb { is_v6: false, ..Mmdb::new(database_type) }
    }

    /// Adds a network such as `203.0.113.0/24` with what is known of it. Wider ones first.
    #[must_use]
    pub fn with(mut self, network: &str, record: Value) -> Mmdb {
        let (address, length) = network.split_once('/').expect("an address and a length");
        let length: usize = length.parse().expect("a length");
        let (bits, width, length): (u128, usize, usize) = match address.parse().expect("an address") {
            IpAddr::V4(v4) if self.is_v6 => (u128::from(u32::from(v4)), 128, length + 96),
            IpAddr::V4(v4) => (u128::from(u32::from(v4)), 32, length),
            IpAddr::V6(v6) => (u128::from(v6), 128, length),
        };
        let path: Vec<usize> = (0..length).map(|depth| ((bits >> (width - 1 - depth)) & 1) as usize).collect();
        self.root.put(&path, record);
        self
    }

    /// The file's bytes.
    pub fn bytes(&self) -> Vec<u8> {
        let mut forks: Vec<[Record; 2]> = Vec::new();
        let mut data = Vec::new();
        if let Node::Record(_) | Node::Empty = self.root {
            // The tree has one fork at least.
            forks.push([Record::Empty, Record::Empty]);
        } else {
            self.root.lay_out(&mut forks, &mut data);
        }
        let count = forks.len();
        let mut file = Vec::new();
        for fork in &forks {
            for record in fork {
                let value = match record {
                    Record::Fork(at) => *at,
                    Record::Empty => count,
                    Record::Data(at) => count + SEPARATOR.len() + at,
                };
                file.extend_from_slice(&u32::try_from(value).expect("a small file").to_be_bytes()[1..]);
            }
        }
        file.extend_from_slice(&SEPARATOR);
        file.extend_from_slice(&data);
        file.extend_from_slice(MARKER);
        self.describe(count, &mut file);
        file
    }

    /// The metadata, whose numbers have types of their own.
    fn describe(&self, node_count: usize, file: &mut Vec<u8>) {
        let numbers = [
            ("binary_format_major_version", UINT16, 2),
            ("binary_format_minor_version", UINT16, 0),
            ("build_epoch", UINT64, 1_770_000_000),
            ("ip_version", UINT16, if self.is_v6 { 6 } else { 4 }),
            ("node_count", UINT32, node_count as u64),
            ("record_size", UINT16, 24),
        ];
        let others = serde_json::json!({ "database_type": self.database_type, "description": {}, "languages": [] });
        let others = others.as_object().expect("an object");
        head(MAP, numbers.len() + others.len(), file);
        for (name, value) in others {
            write(&Value::String(name.clone()), file);
            write(value, file);
        }
        for (name, kind, number) in numbers {
            write(&Value::String(name.to_owned()), file);
            write_number(kind, number, file);
        }
    }

    /// Puts the file at `path`, at once: a reader sees the old one or the new one.
    pub fn save(&self, path: &Path) {
        let beside = path.with_extension("new");
        std::fs::write(&beside, self.bytes()).expect("a file that can be written");
        std::fs::rename(&beside, path).expect("a file that can be put in place");
    }
}

impl Node {
    fn put(&mut self, path: &[usize], record: Value) {
        let Some((&bit, rest)) = path.split_first() else {
            *self = Node::Record(record);
            return;
        };
        match self {
            Node::Fork(_) => {}
            Node::Empty => *self = Node::Fork(Box::new([Node::Empty, Node::Empty])),
            Node::Record(wider) => {
                *self = Node::Fork(Box::new([Node::Record(wider.clone()), Node::Record(wider.clone())]));
            }
        }
        if let Node::Fork(sides) = self {
            sides[bit].put(rest, record);
        }
    }

    /// Numbers the forks from the root on, and writes the data down.
    fn lay_out(&self, forks: &mut Vec<[Record; 2]>, data: &mut Vec<u8>) -> Record {
        match self {
            Node::Empty => Record::Empty,
            Node::Record(value) => {
                let at = data.len();
                write(value, data);
                Record::Data(at)
            }
            Node::Fork(sides) => {
                let at = forks.len();
                forks.push([Record::Empty, Record::Empty]);
                let laid = [sides[0].lay_out(forks, data), sides[1].lay_out(forks, data)];
                forks[at] = laid;
                Record::Fork(at)
            }
        }
    }
}

enum Record {
    Empty,
    Fork(usize),
    Data(usize),
}

const STRING: u8 = 2;
const UINT16: u8 = 5;
const UINT32: u8 = 6;
const MAP: u8 = 7;
const UINT64: u8 = 9;
const ARRAY: u8 = 11;
const BOOLEAN: u8 = 14;

fn write(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::String(text) => {
            head(STRING, text.len(), out);
            out.extend_from_slice(text.as_bytes());
        }
        Value::Number(number) => {
            let number = u32::try_from(number.as_u64().expect("a whole number")).expect("a small number");
            write_number(UINT32, number.into(), out);
        }
        Value::Bool(yes) => head(BOOLEAN, usize::from(*yes), out),
        Value::Object(fields) => {
            head(MAP, fields.len(), out);
            for (name, value) in fields {
                write(&Value::String(name.clone()), out);
                write(value, out);
            }
        }
        Value::Array(items) => {
            head(ARRAY, items.len(), out);
            items.iter().for_each(|item| write(item, out));
        }
        Value::Null => panic!("the format knows no null"),
    }
}

/// A number, without the zeros it begins with.
fn write_number(kind: u8, number: u64, out: &mut Vec<u8>) {
    let bytes: Vec<u8> = number.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect();
    head(kind, bytes.len(), out);
    out.extend_from_slice(&bytes);
}

/// A value's type and size. Types above 7 stand in a byte of their own; so do sizes above 28.
fn head(kind: u8, size: usize, out: &mut Vec<u8>) {
    let (short, more): (usize, Vec<u8>) = match size {
        0..29 => (size, Vec::new()),
        29..285 => (29, vec![(size - 29) as u8]),
        285..65_821 => (30, ((size - 285) as u16).to_be_bytes().to_vec()),
        _ => panic!("too large for a test"),
    };
    match kind {
        0..=7 => out.push((kind << 5) | short as u8),
        _ => out.extend_from_slice(&[short as u8, kind - 7]),
    }
    out.extend_from_slice(&more);
}
