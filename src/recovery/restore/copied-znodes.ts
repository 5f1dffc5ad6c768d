import { ZkRewindError } from "../../findings/finding.js";
import { say, tag } from "../../text/message.js";
import {
  aclAt,
  dataAt,
  type DataTree,
  longLess,
  NONE,
  OPEN_ACL_ID,
  parentLength,
  pathOf,
  setLong,
  STAT,
  STAT_LENGTH,
} from "../../tree/index.js";
import type { Draft } from "./draft.js";
import { ownerKind } from "./owner-kinds.js";

/** Copies znodes of another tree into a draft, with their data, ACLs and stats. */
export class CopiedZnodes {
  private readonly draft: Draft;
  private readonly from: DataTree;
  private readonly openDanglingAcls: boolean;
  /** The draft's ACL ids, by the other tree's. */
  private readonly acls = new Map<number, number>([[OPEN_ACL_ID, OPEN_ACL_ID]]);

  constructor(draft: Draft, from: DataTree, openDanglingAcls: boolean) {
    this.draft = draft;
    this.from = from;
    this.openDanglingAcls = openDanglingAcls;
  }

  /** Copies a znode to its own path, whose parent the draft must have; over what is there, whose counter is not lowered. Answers the draft's slot. */
  copy(slot: number): number {
    const { znodes } = this.from;
    const { tree } = this.draft;
    const block = znodes.memoryOf(slot);
    const record = znodes.recordOf(slot);
    const pathLength = block.view.getInt32(record);
    const data = dataAt(block.view, record);
    const dataLength = block.view.getInt32(data);
    let target = tree.znodes.find(block, record + 4, pathLength);
    if (target !== NONE && ownerKind(tree, target) === "ephemeral") {
      tree.remove(target);
      target = NONE;
    }
    let cversion = Number.NEGATIVE_INFINITY;
    if (target === NONE) {
      const parent = tree.znodes.find(block, record + 4, parentLength(block, record + 4, pathLength));
      target = tree.znodes.create(block, record + 4, pathLength, data + 4, dataLength, parent);
    } else {
      cversion = tree.znodes.viewOf(target).getInt32(tree.znodes.statOf(target) + STAT.cversion);
      tree.znodes.setData(target, block, data + 4, dataLength);
    }
    const view = tree.znodes.viewOf(target);
    const acl = aclAt(view, tree.znodes.recordOf(target));
    const id = this.aclOf(slot);
    setLong(view, acl, Math.floor(id / 2 ** 32), id >>> 0);
    const stat = aclAt(block.view, record) + 8;
    for (let at = 0; at < STAT_LENGTH; at += 4) view.setInt32(acl + 8 + at, block.view.getInt32(stat + at));
    const counter = acl + 8 + STAT.cversion;
    if (cversion > view.getInt32(counter)) view.setInt32(counter, cversion);
    this.lowerZxids(view, acl + 8);
    tree.znodes.refresh(target);
    return target;
  }

  /** No znode of a tree may be newer than the tree. */
  private lowerZxids(view: DataView, stat: number): void {
    const { zxid } = this.draft;
    const [high, low] = [Number(zxid >> 32n), Number(zxid & 0xffffffffn)];
    for (const field of [STAT.czxid, STAT.mzxid, STAT.pzxid])
      if (!longLess(view, stat + field, high, low)) setLong(view, stat + field, high, low);
  }

  private aclOf(slot: number): number {
    const { znodes, acls } = this.from;
    const view = znodes.viewOf(slot);
    const at = aclAt(view, znodes.recordOf(slot));
    const own = view.getInt32(at) * 2 ** 32 + view.getUint32(at + 4);
    const known = this.acls.get(own);
    if (known !== undefined) return known;
    const acl = acls.get(own);
    if (!acl && !this.openDanglingAcls)
      throw new ZkRewindError(say`the ACL of ${tag.path(pathOf(this.from, slot))} is not known`, {
        exitCode: 1,
        hint: say`--open-dangling-acls gives such znodes world:anyone:cdrwa.`,
      });
    const id = acl ? this.draft.tree.acls.intern(acl, 0, acl.length) : OPEN_ACL_ID;
    this.acls.set(own, id);
    return id;
  }
}
