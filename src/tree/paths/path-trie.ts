/**
 * ZooKeeper's PathTrie: the paths that have a quota. Names are strings of single bytes, so that no two are one.
 *
 * Up to 3.5 it forgets too much: with a path that has exactly one child in the trie goes that child, and all below it.
 */
export class PathTrie {
  private readonly root: TrieNode = { isPath: false, children: new Map() };

  get isEmpty(): boolean {
    return this.root.children.size === 0;
  }

  add(path: string): void {
    let at = this.root;
    for (const name of namesOf(path)) {
      let next = at.children.get(name);
      if (!next) at.children.set(name, (next = { isPath: false, children: new Map() }));
      at = next;
    }
    at.isPath = true;
  }

  /** `before36`: as releases up to 3.5 do it. */
  delete(path: string, before36: boolean): void {
    const names = namesOf(path);
    const last = names.pop();
    let parent: TrieNode | undefined = this.root;
    for (const name of names) parent = parent?.children.get(name);
    const node = last === undefined ? undefined : parent?.children.get(last);
    if (!parent || !node || last === undefined) return;
    node.isPath = false;
    if (node.children.size === (before36 ? 1 : 0)) parent.children.delete(last);
  }

  has(path: string): boolean {
    let at: TrieNode | undefined = this.root;
    for (const name of namesOf(path)) at = at?.children.get(name);
    return at?.isPath ?? false;
  }
}

interface TrieNode {
  isPath: boolean;
  readonly children: Map<string, TrieNode>;
}

function namesOf(path: string): string[] {
  return path.split("/").filter((name) => name !== "");
}
