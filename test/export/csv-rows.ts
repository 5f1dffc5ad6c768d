/** The rows of CSV, read strictly by RFC 4180: each an object by the head's names. Throws where it is none. */
export function csvRows(text: string): Record<string, string>[] {
  const [head, ...rows] = csvCells(text);
  if (!head) throw new Error("no head");
  return rows.map((cells) => {
    if (cells.length !== head.length) throw new Error(`${cells.length} cells, not ${head.length}: ${cells.join("|")}`);
    return Object.fromEntries(head.map((name, index) => [name, cells[index] as string]));
  });
}

function csvCells(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (let at = 0; at < text.length; ) {
    const cell = text[at] === '"' ? /^"((?:[^"]|"")*)"/.exec(text.slice(at)) : /^([^",\r\n]*)/.exec(text.slice(at));
    if (!cell) throw new Error(`no cell at ${at}`);
    row.push((cell[1] as string).replaceAll('""', '"'));
    at += cell[0].length;
    if (text[at] === ",") at++;
    else if (text.startsWith("\r\n", at)) {
      rows.push(row);
      row = [];
      at += 2;
    } else throw new Error(`neither a comma nor an end of a row at ${at}`);
  }
  if (row.length > 0) throw new Error("the last row has no end");
  return rows;
}
