;; A znode and a transaction: their keys, and what they are put together from. A part of kernel.wat, which includes it.

  ;; A znode without what stands before its path, and the closing brace. `acl` is its ACL's JSON. 0 as in $znode_begin.
  (func (export "znode")
    (param $to i32) (param $record i32) (param $mode i32) (param $acl i32) (param $acl_length i32)
    (param $children i32) (param $orphan i32) (result i32)
    (local $data i32) (local $data_length i32) (local $end i32)
    (local.set $to (call $znode_begin (local.get $to) (local.get $record) (local.get $mode)))
    (if (i32.eqz (local.get $to)) (then (return (i32.const 0))))
    (i64.store align=1 (local.get $to) (i64.load (i32.const 2656))) ;; ,"acl":
    (local.set $to (i32.add (local.get $to) (i32.const 7)))
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
    (v128.store align=1 (local.get $to) (v128.load (i32.const 2048))) ;; "path":"
    (local.set $to (i32.add (local.get $to) (i32.const 8)))
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
        (v128.store offset=1 align=1 (local.get $to) (v128.load (i32.const 2080))) ;; ,"data":null
        (return (i32.add (local.get $to) (i32.const 13)))))
    (v128.store align=1 (local.get $to) (v128.load (i32.const 2064))) ;; ","data":"
    (local.set $to (i32.add (local.get $to) (i32.const 10)))
    (if (i32.le_u (local.get $mode) (i32.const 2))
      (then
        (local.set $end
          (call $text
            (local.get $to) (local.get $data) (local.get $length) (i32.eq (local.get $mode) (i32.const 1))))
        (if (local.get $end)
          (then
            (v128.store align=1 (local.get $end) (v128.load (i32.const 2096))) ;; ","encoding":"utf8"
            (i32.store offset=16 align=1 (local.get $end) (i32.load (i32.const 2112)))
            (return (i32.add (local.get $end) (i32.const 19)))))))
    (if (i32.eq (local.get $mode) (i32.const 4))
      (then
        (local.set $to (call $hex_bytes (local.get $to) (local.get $data) (local.get $length)))
        (v128.store align=1 (local.get $to) (v128.load (i32.const 2160))) ;; ","encoding":"hex"
        (i32.store offset=16 align=1 (local.get $to) (i32.load (i32.const 2176)))
        (return (i32.add (local.get $to) (i32.const 18)))))
    (local.set $to (call $base64 (local.get $to) (local.get $data) (local.get $length)))
    (v128.store align=1 (local.get $to) (v128.load (i32.const 2128))) ;; ","encoding":"base64"
    (i64.store offset=16 align=1 (local.get $to) (i64.load (i32.const 2144)))
    (i32.add (local.get $to) (i32.const 21)))

  ;; A znode's end, from its StatPersisted: all from `,"stat":` on but the closing brace. `children` is -1 where their
  ;; number is not known.
  (func $znode_end (export "znode_end")
    (param $to i32) (param $stat i32) (param $data_length i32) (param $children i32) (param $orphan i32) (result i32)
    (local $owner i64) (local $time i64) (local $begin i32)
    (v128.store align=1 (local.get $to) (v128.load (i32.const 2192))) ;; ,"stat":{"czxid":"0x
    (i32.store offset=16 align=1 (local.get $to) (i32.load (i32.const 2208)))
    (local.set $to (call $hex (i32.add (local.get $to) (i32.const 20)) (call $long_at (local.get $stat))))
    (v128.store align=1 (local.get $to) (v128.load (i32.const 2224))) ;; ","mzxid":"0x
    (local.set $to
      (call $hex
        (i32.add (local.get $to) (i32.const 13))
        (call $long_at (i32.add (local.get $stat) (i32.const 8)))))
    (v128.store align=1 (local.get $to) (v128.load (i32.const 2240))) ;; ","pzxid":"0x
    (local.set $to
      (call $hex
        (i32.add (local.get $to) (i32.const 13))
        (call $long_at (i32.add (local.get $stat) (i32.const 52)))))
    (v128.store align=1 (local.get $to) (v128.load (i32.const 2256))) ;; ","ctime":"
    (local.set $begin (i32.add (local.get $to) (i32.const 11)))
    (local.set $time (call $long_at (i32.add (local.get $stat) (i32.const 16))))
    (local.set $to (call $date (local.get $begin) (local.get $time)))
    (v128.store align=1 (local.get $to) (v128.load (i32.const 2272))) ;; ","mtime":"
    (if (i64.eq (local.get $time) (call $long_at (i32.add (local.get $stat) (i32.const 24))))
      (then ;; As most znodes that were never set: the same text, of at most 27 bytes.
        (v128.store offset=11 align=1 (local.get $to) (v128.load align=1 (local.get $begin)))
        (v128.store offset=27 align=1 (local.get $to) (v128.load offset=16 align=1 (local.get $begin)))
        (local.set $to
          (i32.sub (i32.add (i32.shl (local.get $to) (i32.const 1)) (i32.const 11)) (local.get $begin))))
      (else
        (local.set $to
          (call $date
            (i32.add (local.get $to) (i32.const 11))
            (call $long_at (i32.add (local.get $stat) (i32.const 24)))))))
    (v128.store align=1 (local.get $to) (v128.load (i32.const 2288))) ;; ","version":
    (local.set $to
      (call $int
        (i32.add (local.get $to) (i32.const 12))
        (call $int_at (i32.add (local.get $stat) (i32.const 32)))))
    (v128.store align=1 (local.get $to) (v128.load (i32.const 2304))) ;; ,"cversion":
    (local.set $to
      (call $int
        (i32.add (local.get $to) (i32.const 12))
        (call $int_at (i32.add (local.get $stat) (i32.const 36)))))
    (v128.store align=1 (local.get $to) (v128.load (i32.const 2320))) ;; ,"aversion":
    (local.set $to
      (call $int
        (i32.add (local.get $to) (i32.const 12))
        (call $int_at (i32.add (local.get $stat) (i32.const 40)))))
    (local.set $owner (call $long_at (i32.add (local.get $stat) (i32.const 44))))
    (v128.store align=1 (local.get $to) (v128.load (i32.const 2336))) ;; ,"ephemeralOwner":"0x
    (i64.store offset=16 align=1 (local.get $to) (i64.load (i32.const 2352)))
    (local.set $to (call $hex (i32.add (local.get $to) (i32.const 21)) (local.get $owner)))
    (v128.store align=1 (local.get $to) (v128.load (i32.const 2368))) ;; ","dataLength":
    (local.set $to (call $int (i32.add (local.get $to) (i32.const 15)) (local.get $data_length)))
    (if (i32.ge_s (local.get $children) (i32.const 0))
      (then
        (v128.store align=1 (local.get $to) (v128.load (i32.const 2384))) ;; ,"numChildren":
        (local.set $to (call $int (i32.add (local.get $to) (i32.const 15)) (local.get $children)))))
    (local.set $to (call $kind (local.get $to) (local.get $owner)))
    (if (local.get $orphan)
      (then
        (v128.store align=1 (local.get $to) (v128.load (i32.const 2528))) ;; ,"orphan":true
        (local.set $to (i32.add (local.get $to) (i32.const 14)))))
    (local.get $to))

  ;; Closes the stat and says what a znode's owner makes of it: tree/owner.ts has the rules.
  (func $kind (param $to i32) (param $owner i64) (result i32)
    (if (i64.eqz (local.get $owner))
      (then
        (v128.store align=1 (local.get $to) (v128.load (i32.const 2400))) ;; },"kind":"persistent"
        (i64.store offset=16 align=1 (local.get $to) (i64.load (i32.const 2416)))
        (return (i32.add (local.get $to) (i32.const 21)))))
    (if (i64.eq (local.get $owner) (i64.const 0x8000000000000000))
      (then
        (v128.store align=1 (local.get $to) (v128.load (i32.const 2464))) ;; },"kind":"container"
        (i32.store offset=16 align=1 (local.get $to) (i32.load (i32.const 2480)))
        (return (i32.add (local.get $to) (i32.const 20)))))
    (if (i64.eq (i64.shr_u (local.get $owner) (i64.const 40)) (i64.const 0xff0000))
      (then
        (v128.store align=1 (local.get $to) (v128.load (i32.const 2496))) ;; },"kind":"ttl","ttl":
        (i64.store offset=16 align=1 (local.get $to) (i64.load (i32.const 2512)))
        (return
          (call $decimal_long
            (i32.add (local.get $to) (i32.const 21))
            (i64.and (local.get $owner) (i64.const 0xffffffffff))))))
    (v128.store align=1 (local.get $to) (v128.load (i32.const 2432))) ;; },"kind":"ephemeral"
    (i32.store offset=16 align=1 (local.get $to) (i32.load (i32.const 2448)))
    (i32.add (local.get $to) (i32.const 20)))

  ;; What every transaction begins with: `"zxid":…,"time":…,"session":…,"cxid":…`.
  (func (export "txn_begin")
    (param $to i32)
    (param $zxid_high i32) (param $zxid_low i32) (param $time_high i32) (param $time_low i32)
    (param $session_high i32) (param $session_low i32) (param $cxid i32)
    (result i32)
    (v128.store align=1 (local.get $to) (v128.load (i32.const 2544))) ;; "zxid":"0x
    (local.set $to
      (call $hex (i32.add (local.get $to) (i32.const 10)) (call $join (local.get $zxid_high) (local.get $zxid_low))))
    (v128.store align=1 (local.get $to) (v128.load (i32.const 2560))) ;; ","time":"
    (local.set $to
      (call $date (i32.add (local.get $to) (i32.const 10)) (call $join (local.get $time_high) (local.get $time_low))))
    (v128.store align=1 (local.get $to) (v128.load (i32.const 2576))) ;; ","session":"0x
    (local.set $to
      (call $hex
        (i32.add (local.get $to) (i32.const 15))
        (call $join (local.get $session_high) (local.get $session_low))))
    (v128.store align=1 (local.get $to) (v128.load (i32.const 2592))) ;; ","cxid":
    (call $int (i32.add (local.get $to) (i32.const 9)) (local.get $cxid)))

  ;; `,"digest":{"version":…,"value":"…"}`
  (func (export "txn_digest")
    (param $to i32) (param $version i32) (param $high i32) (param $low i32) (result i32)
    (v128.store align=1 (local.get $to) (v128.load (i32.const 2608))) ;; ,"digest":{"version":
    (i64.store offset=16 align=1 (local.get $to) (i64.load (i32.const 2624)))
    (local.set $to (call $int (i32.add (local.get $to) (i32.const 21)) (local.get $version)))
    (v128.store align=1 (local.get $to) (v128.load (i32.const 2640))) ;; ,"value":"
    (local.set $to
      (call $decimal_long (i32.add (local.get $to) (i32.const 10)) (call $join (local.get $high) (local.get $low))))
    (i32.store16 align=1 (local.get $to) (i32.const 0x7d22)) ;; "}
    (i32.add (local.get $to) (i32.const 2)))
