;; A znode and a transaction: their keys, and what they are put together from. A part of kernel.wat, which includes it.
;; Braces hold keys of kernel-keys.ts, by name: put writes one, length is how long it is. build-kernels.mjs resolves them.

  ;; A znode without what stands before its path, and the closing brace. `acl` is its ACL's JSON. 0 as in $znode_begin.
  (func (export "znode")
    (param $to i32) (param $record i32) (param $mode i32) (param $acl i32) (param $acl_length i32)
    (param $children i32) (param $orphan i32) (result i32)
    (local $data i32) (local $data_length i32) (local $end i32)
    (local.set $to (call $znode_begin (local.get $to) (local.get $record) (local.get $mode)))
    (if (i32.eqz (local.get $to)) (then (return (i32.const 0))))
    {put acl at $to}
    (local.set $to (i32.add (local.get $to) (i32.const {length acl})))
    (local.set $end (i32.add (local.get $to) (local.get $acl_length)))
    (loop $vectors
      (v128.store align=1 (local.get $to) (v128.load align=1 (local.get $acl)))
      (local.set $to (i32.add (local.get $to) (i32.const 16)))
      (local.set $acl (i32.add (local.get $acl) (i32.const 16)))
      (br_if $vectors (i32.lt_u (local.get $to) (local.get $end))))
    (local.set $data
      (i32.add (i32.add (local.get $record) (i32.const 4)) (call $int_at (local.get $record))))
    (local.set $data_length (call $int_at (local.get $data)))
    (local.set $data_length
      (select (local.get $data_length) (i32.const 0) (i32.gt_s (local.get $data_length) (i32.const 0))))
    (call $znode_end
      (local.get $end)
      ;; the data's length, the data, the aclId
      (i32.add (i32.add (local.get $data) (i32.const 12)) (local.get $data_length))
      (local.get $data_length)
      (local.get $children)
      (local.get $orphan)))

  ;; A znode's beginning, from its record in its snapshot form (ustring path, buffer data, long aclId, StatPersisted):
  ;; `"path":…`, and `,"data":…,"encoding":…` as `mode` asks for: 0 leaves it out, 1 is text where it is UTF-8 and
  ;; printable, 2 wherever it is UTF-8, and both in base64 where it is not; 3 is base64, 4 hex.
  ;; 0 where the path is not UTF-8; then what was written is void.
  (func $znode_begin (export "znode_begin")
    (param $to i32) (param $record i32) (param $mode i32) (result i32)
    (local $length i32) (local $data i32) (local $end i32)
    (local.set $length (call $int_at (local.get $record)))
    (local.set $data (i32.add (i32.add (local.get $record) (i32.const 4)) (local.get $length)))
    {put path at $to}
    (local.set $to (i32.add (local.get $to) (i32.const {length path})))
    (if (local.get $length)
      (then
        (local.set $to
          (call $text (local.get $to) (i32.add (local.get $record) (i32.const 4)) (local.get $length) (i32.const 0)))
        (if (i32.eqz (local.get $to)) (then (return (i32.const 0)))))
      (else ;; The root's path is empty in a snapshot.
        (i32.store8 (local.get $to) (i32.const 0x2f))
        (local.set $to (i32.add (local.get $to) (i32.const 1)))))
    (if (i32.eqz (local.get $mode))
      (then
        (i32.store8 (local.get $to) (i32.const 0x22))
        (return (i32.add (local.get $to) (i32.const 1)))))
    (local.set $length (call $int_at (local.get $data)))
    (local.set $data (i32.add (local.get $data) (i32.const 4)))
    (if (i32.lt_s (local.get $length) (i32.const 0))
      (then
        (i32.store8 (local.get $to) (i32.const 0x22))
        {put nullData at $to + 1}
        (return (i32.add (local.get $to) (i32.const {length nullData + 1})))))
    {put data at $to}
    (local.set $to (i32.add (local.get $to) (i32.const {length data})))
    (if (i32.le_u (local.get $mode) (i32.const 2))
      (then
        (local.set $end
          (call $text
            (local.get $to) (local.get $data) (local.get $length) (i32.eq (local.get $mode) (i32.const 1))))
        (if (local.get $end)
          (then
            {put utf8 at $end}
            (return (i32.add (local.get $end) (i32.const {length utf8})))))))
    (if (i32.eq (local.get $mode) (i32.const 4))
      (then
        (local.set $to (call $hex_bytes (local.get $to) (local.get $data) (local.get $length)))
        {put hex at $to}
        (return (i32.add (local.get $to) (i32.const {length hex})))))
    (local.set $to (call $base64 (local.get $to) (local.get $data) (local.get $length)))
    {put base64 at $to}
    (i32.add (local.get $to) (i32.const {length base64})))

  ;; A znode's end, from its StatPersisted: all from `,"stat":` on but the closing brace. `children` is -1 where their
  ;; number is not known.
  (func $znode_end (export "znode_end")
    (param $to i32) (param $stat i32) (param $data_length i32) (param $children i32) (param $orphan i32) (result i32)
    (local $owner i64) (local $time i64) (local $begin i32)
    {put stat.czxid at $to}
    (local.set $to (call $hex (i32.add (local.get $to) (i32.const {length stat.czxid})) (call $long_at (local.get $stat))))
    {put stat.mzxid at $to}
    (local.set $to
      (call $hex
        (i32.add (local.get $to) (i32.const {length stat.mzxid}))
        (call $long_at (i32.add (local.get $stat) (i32.const 8)))))
    {put stat.pzxid at $to}
    (local.set $to
      (call $hex
        (i32.add (local.get $to) (i32.const {length stat.pzxid}))
        (call $long_at (i32.add (local.get $stat) (i32.const 52)))))
    {put stat.ctime at $to}
    (local.set $begin (i32.add (local.get $to) (i32.const {length stat.ctime})))
    (local.set $time (call $long_at (i32.add (local.get $stat) (i32.const 16))))
    (local.set $to (call $date (local.get $begin) (local.get $time)))
    {put stat.mtime at $to}
    (if (i64.eq (local.get $time) (call $long_at (i32.add (local.get $stat) (i32.const 24))))
      (then ;; As most znodes that were never set: the same text, of at most 27 bytes.
        (v128.store offset={length stat.mtime} align=1 (local.get $to) (v128.load align=1 (local.get $begin)))
        (v128.store offset={length stat.mtime + 16} align=1 (local.get $to) (v128.load offset=16 align=1 (local.get $begin)))
        (local.set $to
          (i32.sub (i32.add (i32.shl (local.get $to) (i32.const 1)) (i32.const {length stat.mtime})) (local.get $begin))))
      (else
        (local.set $to
          (call $date
            (i32.add (local.get $to) (i32.const {length stat.mtime}))
            (call $long_at (i32.add (local.get $stat) (i32.const 24)))))))
    {put stat.version at $to}
    (local.set $to
      (call $int
        (i32.add (local.get $to) (i32.const {length stat.version}))
        (call $int_at (i32.add (local.get $stat) (i32.const 32)))))
    {put stat.cversion at $to}
    (local.set $to
      (call $int
        (i32.add (local.get $to) (i32.const {length stat.cversion}))
        (call $int_at (i32.add (local.get $stat) (i32.const 36)))))
    {put stat.aversion at $to}
    (local.set $to
      (call $int
        (i32.add (local.get $to) (i32.const {length stat.aversion}))
        (call $int_at (i32.add (local.get $stat) (i32.const 40)))))
    (local.set $owner (call $long_at (i32.add (local.get $stat) (i32.const 44))))
    {put stat.ephemeralOwner at $to}
    (local.set $to (call $hex (i32.add (local.get $to) (i32.const {length stat.ephemeralOwner})) (local.get $owner)))
    {put stat.dataLength at $to}
    (local.set $to (call $int (i32.add (local.get $to) (i32.const {length stat.dataLength})) (local.get $data_length)))
    (if (i32.ge_s (local.get $children) (i32.const 0))
      (then
        {put stat.numChildren at $to}
        (local.set $to (call $int (i32.add (local.get $to) (i32.const {length stat.numChildren})) (local.get $children)))))
    (local.set $to (call $kind (local.get $to) (local.get $owner)))
    (if (local.get $orphan)
      (then
        {put orphan at $to}
        (local.set $to (i32.add (local.get $to) (i32.const {length orphan})))))
    (local.get $to))

  ;; Closes the stat and says what a znode's owner makes of it: tree/owner.ts has the rules.
  (func $kind (param $to i32) (param $owner i64) (result i32)
    (if (i64.eqz (local.get $owner))
      (then
        {put persistent at $to}
        (return (i32.add (local.get $to) (i32.const {length persistent})))))
    (if (i64.eq (local.get $owner) (i64.const 0x8000000000000000))
      (then
        {put container at $to}
        (return (i32.add (local.get $to) (i32.const {length container})))))
    (if (i64.eq (i64.shr_u (local.get $owner) (i64.const 40)) (i64.const 0xff0000))
      (then
        {put ttl at $to}
        (return
          (call $decimal_long
            (i32.add (local.get $to) (i32.const {length ttl}))
            (i64.and (local.get $owner) (i64.const 0xffffffffff))))))
    {put ephemeral at $to}
    (i32.add (local.get $to) (i32.const {length ephemeral})))

  ;; What every transaction begins with: `"zxid":…,"time":…,"session":…,"cxid":…`.
  (func (export "txn_begin")
    (param $to i32)
    (param $zxid_high i32) (param $zxid_low i32) (param $time_high i32) (param $time_low i32)
    (param $session_high i32) (param $session_low i32) (param $cxid i32)
    (result i32)
    {put txn.zxid at $to}
    (local.set $to
      (call $hex (i32.add (local.get $to) (i32.const {length txn.zxid})) (call $join (local.get $zxid_high) (local.get $zxid_low))))
    {put txn.time at $to}
    (local.set $to
      (call $date (i32.add (local.get $to) (i32.const {length txn.time})) (call $join (local.get $time_high) (local.get $time_low))))
    {put txn.session at $to}
    (local.set $to
      (call $hex
        (i32.add (local.get $to) (i32.const {length txn.session}))
        (call $join (local.get $session_high) (local.get $session_low))))
    {put txn.cxid at $to}
    (call $int (i32.add (local.get $to) (i32.const {length txn.cxid})) (local.get $cxid)))

  ;; `,"digest":{"version":…,"value":"…"}`
  (func (export "txn_digest")
    (param $to i32) (param $version i32) (param $high i32) (param $low i32) (result i32)
    {put digest.version at $to}
    (local.set $to (call $int (i32.add (local.get $to) (i32.const {length digest.version})) (local.get $version)))
    {put digest.value at $to}
    (local.set $to
      (call $decimal_long (i32.add (local.get $to) (i32.const {length digest.value})) (call $join (local.get $high) (local.get $low))))
    (i32.store16 align=1 (local.get $to) (i32.const 0x7d22)) ;; "}
    (i32.add (local.get $to) (i32.const 2)))
