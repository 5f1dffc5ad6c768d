import type { Block } from "./block.js";

/** Everything below it counts nothing; /zookeeper itself does. */
const OWN = Buffer.from("/zookeeper/");
/** Where pzxid is in StatPersisted: last there, third in the digest. */
const PZXID = 52;

/** What a znode adds to the tree's digest of version 2, as Block.znodeDigest, of data that comes in pieces. */
export class PiecewiseDigest {
  private crc = 0;
  private counts = true;

  /** The path as it is in the file: "" is the root, and "/" is taken as that. */
  begin(block: Block, pathStart: number, pathLength: number): void {
    const { bytes } = block;
    this.counts = bytes.compare(OWN, 0, OWN.length, pathStart, pathStart + Math.min(pathLength, OWN.length)) !== 0;
    const isRoot = pathLength === 1 && bytes[pathStart] === OWN[0];
    this.crc = isRoot ? 0 : block.crc32(pathStart, pathStart + pathLength);
  }

  data(block: Block, from: number, to: number): void {
    if (this.counts) this.crc = block.crc32(from, to, this.crc);
  }

  /** `stat`: where StatPersisted is. */
  end(block: Block, stat: number): number {
    if (!this.counts) return 0;
    const zxids = block.crc32(stat, stat + 16, this.crc);
    return block.crc32(stat + 16, stat + PZXID, block.crc32(stat + PZXID, stat + PZXID + 8, zxids));
  }
}
