/** A member of an archive that a test makes; `size` where it lies about its bytes. */
export interface Made {
  path: string;
  type?: string;
  data?: Buffer | string;
  size?: number;
  link?: string;
}

/** An archive byte by byte: also such as no tar makes. */
export function archive(members: readonly Made[], end = true): Buffer {
  return Buffer.concat([...members.map(member), ...(end ? [Buffer.alloc(1024)] : [])]);
}

export function member({ path, type = "0", data = "", size, link = "" }: Made): Buffer {
  const bytes = Buffer.from(data);
  const block = Buffer.alloc(512);
  block.write(path, 0, 100);
  block.write("0000644\0", 100);
  block.write(`${(size ?? bytes.length).toString(8).padStart(11, "0")}\0`, 124);
  block.write("00000000000\0", 136);
  block.write(type, 156);
  block.write(link, 157, 100);
  block.write("ustar\u000000", 257);
  sum(block);
  return Buffer.concat([block, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]);
}

/** Writes the sum that a header must have. */
export function sum(block: Buffer): void {
  block.fill(0x20, 148, 156);
  const total = block.reduce((all, byte) => all + byte, 0);
  block.write(`${total.toString(8).padStart(6, "0")}\0 `, 148);
}

/** A PAX header for the member that follows. */
export function pax(fields: Readonly<Record<string, string>>, type = "x"): Made {
  const lines = Object.entries(fields).map(([key, value]) => {
    const rest = ` ${key}=${value}\n`;
    let length = rest.length + 1;
    while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
    return `${length}${rest}`;
  });
  return { path: "PaxHeader", type, data: lines.join("") };
}
