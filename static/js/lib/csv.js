// The first rows of a CSV and its encoding, found as the server finds them.
const HEAD = 64 * 1024;
const ROWS = 5;
const NAMES = ["uri", "tag", "description"];

export async function glimpse(file) {
  const encoding = await encodingOf(file);
  const head = new Uint8Array(await file.slice(0, HEAD).arrayBuffer());
  const whole = file.size <= HEAD;
  const label = { "UTF-16LE": "utf-16le", "UTF-16BE": "utf-16be", GB18030: "gb18030" }[encoding] ?? "utf-8";
  const text = new TextDecoder(label).decode(head, { stream: !whole });
  return { encoding, rows: rowsOf(text, whole) };
}

// Without a mark, what is UTF-8 from beginning to end is UTF-8; all other is GB18030.
async function encodingOf(file) {
  const [a, b, c] = new Uint8Array(await file.slice(0, 3).arrayBuffer());
  if (a === 0xef && b === 0xbb && c === 0xbf) return "UTF-8 (BOM)";
  if (a === 0xff && b === 0xfe) return "UTF-16LE";
  if (a === 0xfe && b === 0xff) return "UTF-16BE";
  const decoder = new TextDecoder("utf-8", { fatal: true });
  try {
    for (let at = 0; at < file.size; at += 1 << 20) {
      decoder.decode(await file.slice(at, at + (1 << 20)).arrayBuffer(), { stream: true });
    }
    decoder.decode();
    return "UTF-8";
  } catch {
    return "GB18030";
  }
}

function rowsOf(text, whole) {
  const records = [];
  let [record, field, quoted, begun] = [[], "", false, false];
  const end = () => {
    record.push(field);
    if (record.length > 1 || record[0] !== "") records.push(record);
    [record, field, begun] = [[], "", false];
  };
  for (let at = 0; at < text.length && records.length <= ROWS; at += 1) {
    const c = text[at];
    if (quoted) {
      if (c !== '"') field += c;
      else if (text[at + 1] === '"') {
        field += c;
        at += 1;
      } else quoted = false;
    } else if (c === '"' && field === "") {
      quoted = true;
      begun = true;
    } else if (c === ",") {
      record.push(field);
      field = "";
      begun = true;
    } else if (c === "\n" || c === "\r") end();
    else {
      field += c;
      begun = true;
    }
  }
  // The last row counts where the file ends, or where nothing else can be shown.
  if (begun && records.length <= ROWS && (whole || !records.length)) end();
  const places = header(records[0]);
  if (places) records.shift();
  const at = places ?? [0, 1, 2];
  return records.slice(0, ROWS).map((fields) => at.map((place) => fields[place] ?? ""));
}

function header(record) {
  const names = (record ?? []).map((name) => name.trim().toLowerCase());
  return names.includes("uri") ? NAMES.map((name) => names.indexOf(name)) : null;
}
