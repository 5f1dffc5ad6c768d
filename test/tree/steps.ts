import fc from "fast-check";

/** What a client asks for; indexes choose among what there is. */
export type Step =
  | { op: "create"; under: number; name: number; size: number; acl: number; kind: CreateKind; session: number }
  | { op: "delete"; which: number }
  | { op: "set"; which: number; size: number }
  | { op: "acl"; which: number; acl: number }
  | { op: "session"; session: number }
  | { op: "close"; session: number }
  | { op: "multi"; members: Step[]; fails: boolean }
  | { op: "quota"; of: number; what: QuotaStep; value: number }
  /** Deletes a subtree from below, and makes its top again with some children. */
  | { op: "renew"; which: number; children: number; kind: CreateKind; session: number };

/** Both as zkCli makes and deletes them, or one of the two; `write`: the stats, as a client can. */
export type QuotaStep = "set" | "delete" | "limits" | "stats" | "delete limits" | "delete stats" | "write";

export type CreateKind = "create" | "create2" | "ephemeral" | "container" | "ttl";

export const index = fc.nat({ max: 1000 });
const name = fc.nat({ max: 2 });
const session = fc.integer({ min: 1, max: 3 });
const kind = fc.constantFrom<CreateKind>("create", "create", "create2", "ephemeral", "container", "ttl");
const children = fc.nat({ max: 2 });
const create = fc.record({
  op: fc.constant("create" as const),
  under: index,
  name,
  size: fc.nat({ max: 40 }),
  acl: index,
  kind,
  session,
});
const remove = fc.record({ op: fc.constant("delete" as const), which: index });
const set = fc.record({ op: fc.constant("set" as const), which: index, size: fc.nat({ max: 40 }) });
const acl = fc.record({ op: fc.constant("acl" as const), which: index, acl: index });
export const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: create },
  { weight: 4, arbitrary: remove },
  { weight: 3, arbitrary: set },
  { weight: 2, arbitrary: acl },
  { weight: 2, arbitrary: fc.record({ op: fc.constant("session" as const), session }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant("close" as const), session }) },
  {
    weight: 2,
    arbitrary: fc.record({
      op: fc.constant("multi" as const),
      members: fc.array(fc.oneof(create, remove, set), { minLength: 1, maxLength: 4 }),
      fails: fc.boolean(),
    }),
  },
  { weight: 4, arbitrary: fc.record({ op: fc.constant("renew" as const), which: index, children, kind, session }) },
);
/** What comes before a snapshot, while it is written, and after it. */
export const history = fc.record({
  before: fc.array(step, { minLength: 5, maxLength: 40 }),
  /** What comes while the snapshot is written; after each znode so many changes. */
  during: fc.array(step, { maxLength: 30 }),
  pace: fc.array(fc.nat({ max: 6 }), { minLength: 1, maxLength: 12 }),
  after: fc.array(step, { maxLength: 15 }),
});

const what = fc.constantFrom<QuotaStep>(
  "set",
  "set",
  "delete",
  "limits",
  "stats",
  "delete limits",
  "delete stats",
  "write",
);
const quota = fc.record({ op: fc.constant("quota" as const), of: index, what, value: fc.nat({ max: 99 }) });
/** Changes of znodes and of quotas, in any order. */
export const quotaSteps = fc.array(
  fc.oneof<fc.WeightedArbitrary<Step>[]>({ weight: 1, arbitrary: quota }, { weight: 2, arbitrary: step }),
  { minLength: 10, maxLength: 60 },
);
