;; JSON as bytes: the inner loops of zkrewind's exports. What is to be written lies in this module's memory, and so does
;; what is written; json-bytes.ts copies the one in and hands the other on.
;;
;; Memory layout (json-kernel.ts repeats what it needs):
;;       0 ..  1023   digits, the base64 alphabet's offsets, the last day's text
;;    1024 ..  2047   how each byte of ASCII is written: eight bytes each, see $text
;;    2048 ..  4095   keys and punctuation, in slots of 16 bytes
;;    4096 ..  8191   where eight bytes go when backslashes are put before some of them, see $build_spreads
;;    8192 .. 106559  what is to be written: bytes, or a znode's record
;;  106560 .. 131071  JSON that is written again and again: ACLs
;;  131072 ..         what is written
;;
;; Every function that writes takes where to (`to`) and answers where it ended. Text, base64 and keys are written 16 bytes
;; at a time: up to 31 bytes behind that end are overwritten as well. What is read is read 16 bytes at a time too, so
;; up to 15 bytes behind its end are read, and not used. Nothing is checked here: the caller has made room.
;;
;; After a change, run `node src/build-kernels.mjs`.
(module
  (import "env" "memory" (memory 3 65536))
  (start $build_tables)

  (data (i32.const 16) "0123456789abcdef")
  ;; Reverses the bytes of a long; the rest is 0.
  (data (i32.const 32) "\07\06\05\04\03\02\01\00\ff\ff\ff\ff\ff\ff\ff\ff")
  ;; Three bytes, the first of them highest, into each 32-bit lane.
  (data (i32.const 48) "\02\01\00\ff\05\04\03\ff\08\07\06\ff\0b\0a\09\ff")
  ;; What to add to a six-bit number for its letter, by its group (see $base64_of): a-z, ten digits, + and /, A-Z.
  (data (i32.const 64) "\47\fc\fc\fc\fc\fc\fc\fc\fc\fc\fc\ed\f0\41\00\00")
  (data (i32.const 80)
    "0001020304050607080910111213141516171819"
    "2021222324252627282930313233343536373839"
    "4041424344454647484950515253545556575859"
    "6061626364656667686970717273747576777879"
    "8081828384858687888990919293949596979899")
  ;; The control characters: six bytes of text, 1 where it is not printable, the text's length. The others of ASCII
  ;; follow at the start.
  (data (i32.const 1024)
    "\\u0000\01\06" "\\u0001\01\06" "\\u0002\01\06" "\\u0003\01\06"
    "\\u0004\01\06" "\\u0005\01\06" "\\u0006\01\06" "\\u0007\01\06"
    "\\b    \01\02" "\\t    \00\02" "\\n    \00\02" "\\u000b\01\06"
    "\\f    \01\02" "\\r    \00\02" "\\u000e\01\06" "\\u000f\01\06"
    "\\u0010\01\06" "\\u0011\01\06" "\\u0012\01\06" "\\u0013\01\06"
    "\\u0014\01\06" "\\u0015\01\06" "\\u0016\01\06" "\\u0017\01\06"
    "\\u0018\01\06" "\\u0019\01\06" "\\u001a\01\06" "\\u001b\01\06"
    "\\u001c\01\06" "\\u001d\01\06" "\\u001e\01\06" "\\u001f\01\06")

  (data (i32.const 2048) "\"path\":\"")
  (data (i32.const 2064) "\",\"data\":\"")
  (data (i32.const 2080) ",\"data\":null")
  (data (i32.const 2096) "\",\"encoding\":\"utf8\"")
  (data (i32.const 2128) "\",\"encoding\":\"base64\"")
  (data (i32.const 2160) "\",\"encoding\":\"hex\"")
  (data (i32.const 2192) ",\"stat\":{\"czxid\":\"0x")
  (data (i32.const 2224) "\",\"mzxid\":\"0x")
  (data (i32.const 2240) "\",\"pzxid\":\"0x")
  (data (i32.const 2256) "\",\"ctime\":\"")
  (data (i32.const 2272) "\",\"mtime\":\"")
  (data (i32.const 2288) "\",\"version\":")
  (data (i32.const 2304) ",\"cversion\":")
  (data (i32.const 2320) ",\"aversion\":")
  (data (i32.const 2336) ",\"ephemeralOwner\":\"0x")
  (data (i32.const 2368) "\",\"dataLength\":")
  (data (i32.const 2384) ",\"numChildren\":")
  (data (i32.const 2400) "},\"kind\":\"persistent\"")
  (data (i32.const 2432) "},\"kind\":\"ephemeral\"")
  (data (i32.const 2464) "},\"kind\":\"container\"")
  (data (i32.const 2496) "},\"kind\":\"ttl\",\"ttl\":")
  (data (i32.const 2528) ",\"orphan\":true")
  (data (i32.const 2544) "\"zxid\":\"0x")
  (data (i32.const 2560) "\",\"time\":\"")
  (data (i32.const 2576) "\",\"session\":\"0x")
  (data (i32.const 2592) "\",\"cxid\":")
  (data (i32.const 2608) ",\"digest\":{\"version\":")
  (data (i32.const 2640) ",\"value\":\"")
  (data (i32.const 2656) ",\"acl\":")

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

  ;; What a JSON string has between its quotes for the bytes of UTF-8 at from[0, length). 0 where they are not valid
  ;; UTF-8, or (if `printable` is 1, not 0) hold a control character other than tab and the ends of lines.
  ;;
  ;; Sixteen bytes at once, also where some are quotes and backslashes: JSON in JSON is full of them. What else needs a
  ;; look has it alone.
  (func $text (export "text")
    (param $to i32) (param $from i32) (param $length i32) (param $printable i32) (result i32)
    (local $stop i32) (local $plain i32) (local $left i32) (local $quotes i32) (local $word i32) (local $escape i64)
    (local $v v128) (local $plain_bytes v128)
    (local.set $stop (i32.add (local.get $from) (local.get $length)))
    ;; Plain is what is from 0x20 to 0x7f, or to 0x7e: DEL is no escape in JSON, but not printable.
    (local.set $plain_bytes (i8x16.splat (i32.sub (i32.const 0x60) (local.get $printable))))
    (loop $next
      (local.set $left (i32.sub (local.get $stop) (local.get $from)))
      (if (i32.eqz (local.get $left)) (then (return (local.get $to))))
      (local.set $v (v128.load align=1 (local.get $from)))
      (local.set $quotes
        (i8x16.bitmask
          (v128.or
            (i8x16.eq (local.get $v) (i8x16.splat (i32.const 0x22)))
            (i8x16.eq (local.get $v) (i8x16.splat (i32.const 0x5c))))))
      (local.set $plain
        (i32.ctz
          (i32.or
            (i8x16.bitmask
              (i8x16.ge_u
                (i8x16.sub (local.get $v) (i8x16.splat (i32.const 0x20)))
                (local.get $plain_bytes)))
            (i32.const 0x10000))))
      (local.set $plain
        (select (local.get $plain) (local.get $left) (i32.lt_u (local.get $plain) (local.get $left))))
      (local.set $quotes
        (i32.and
          (local.get $quotes)
          (i32.sub (i32.shl (i32.const 1) (local.get $plain)) (i32.const 1))))
      (local.set $from (i32.add (local.get $from) (local.get $plain)))
      (if (local.get $quotes)
        (then
          (v128.store align=1
            (local.get $to)
            (call $spread (local.get $v) (i32.and (local.get $quotes) (i32.const 0xff))))
          (v128.store offset=8 align=1
            (i32.add (local.get $to) (i32.popcnt (i32.and (local.get $quotes) (i32.const 0xff))))
            (call $spread
              (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7 (local.get $v) (local.get $v))
              (i32.shr_u (local.get $quotes) (i32.const 8))))
          (local.set $to (i32.add (local.get $to) (i32.popcnt (local.get $quotes)))))
        (else (v128.store align=1 (local.get $to) (local.get $v))))
      (local.set $to (i32.add (local.get $to) (local.get $plain)))
      (br_if $next (i32.eq (local.get $plain) (i32.const 16)))
      (if (i32.eq (local.get $from) (local.get $stop)) (then (return (local.get $to))))
      (loop $special
        (local.set $word (i32.load align=1 (local.get $from)))
        (if (i32.eqz (i32.and (local.get $word) (i32.const 0x80)))
          (then
            (local.set $escape
              (i64.load offset=1024 (i32.shl (i32.and (local.get $word) (i32.const 0x7f)) (i32.const 3))))
            (if (i32.and (local.get $printable) (i32.wrap_i64 (i64.shr_u (local.get $escape) (i64.const 48))))
              (then (return (i32.const 0))))
            (i64.store align=1 (local.get $to) (local.get $escape))
            (local.set $to
              (i32.add (local.get $to) (i32.wrap_i64 (i64.shr_u (local.get $escape) (i64.const 56)))))
            (local.set $from (i32.add (local.get $from) (i32.const 1)))
            (br $next)))
        (local.set $length (call $sequence (local.get $word)))
        (if
          (i32.or
            (i32.eqz (local.get $length))
            (i32.gt_u (local.get $length) (i32.sub (local.get $stop) (local.get $from))))
          (then (return (i32.const 0))))
        (if ;; U+0080 to U+009F
          (i32.and
            (local.get $printable)
            (i32.eq (i32.and (local.get $word) (i32.const 0xe0ff)) (i32.const 0x80c2)))
          (then (return (i32.const 0))))
        (i32.store align=1 (local.get $to) (local.get $word))
        (local.set $to (i32.add (local.get $to) (local.get $length)))
        (local.set $from (i32.add (local.get $from) (local.get $length)))
        (br_if $next (i32.eq (local.get $from) (local.get $stop)))
        ;; Where one character is beyond ASCII, the next often is too.
        (br_if $special (i32.lt_s (i32.load8_s (local.get $from)) (i32.const 0))))
      (br $next))
    (unreachable))

  ;; How many bytes a sequence has whose first four are `word`, the first of them lowest and not ASCII: 2 to 4, or 0
  ;; where Unicode does not allow it: overlong forms, halves of surrogate pairs, what is above U+10FFFF.
  (func $sequence (param $word i32) (result i32)
    (local $first i32)
    (local.set $first (i32.and (local.get $word) (i32.const 0xff)))
    (if (i32.lt_u (local.get $first) (i32.const 0xe0))
      (then
        (return
          (select
            (i32.const 2)
            (i32.const 0)
            (i32.and
              (i32.ge_u (local.get $first) (i32.const 0xc2))
              (i32.eq (i32.and (local.get $word) (i32.const 0xc000)) (i32.const 0x8000)))))))
    (if (i32.lt_u (local.get $first) (i32.const 0xf0))
      (then
        (if (i32.ne (i32.and (local.get $word) (i32.const 0xc0c000)) (i32.const 0x808000))
          (then (return (i32.const 0))))
        ;; Of four bits in the first byte and one in the second, all 0 is overlong, 0xd and 1 a surrogate.
        (local.set $word (i32.and (local.get $word) (i32.const 0x200f)))
        (return
          (select
            (i32.const 3)
            (i32.const 0)
            (i32.and (i32.ne (local.get $word) (i32.const 0)) (i32.ne (local.get $word) (i32.const 0x200d)))))))
    (if (i32.ne (i32.and (local.get $word) (i32.const 0xc0c0c000)) (i32.const 0x80808000))
      (then (return (i32.const 0))))
    ;; The first byte and two bits of the second, as a number: from 0xf0 and 1 to 0xf4 and 0.
    (local.set $first
      (i32.or
        (i32.shl (local.get $first) (i32.const 2))
        (i32.and (i32.shr_u (local.get $word) (i32.const 12)) (i32.const 3))))
    (select
      (i32.const 4)
      (i32.const 0)
      (i32.and
        (i32.ge_u (local.get $first) (i32.const 0x3c1))
        (i32.le_u (local.get $first) (i32.const 0x3d0)))))

  ;; The first eight bytes of $v with a backslash before those that $mask has a bit for, the first the lowest.
  (func $spread (param $v v128) (param $mask i32) (result v128)
    (i8x16.swizzle
      (i64x2.replace_lane 1 (local.get $v) (i64.const 0x5c5c5c5c5c5c5c5c))
      (v128.load offset=4096 (i32.shl (local.get $mask) (i32.const 4)))))

  (func $build_tables
    (local $mask i32)
    (call $build_escapes)
    (loop $masks
      (call $build_spread (local.get $mask))
      (br_if $masks
        (i32.lt_u (local.tee $mask (i32.add (local.get $mask) (i32.const 1))) (i32.const 256)))))

  ;; What $spread takes by its mask: for each of 16 bytes which one it is, 8 for the backslash.
  (func $build_spread (param $mask i32)
    (local $byte i32) (local $at i32)
    (local.set $at (i32.shl (local.get $mask) (i32.const 4)))
    (loop $bytes
      (if (i32.and (i32.shr_u (local.get $mask) (local.get $byte)) (i32.const 1))
        (then
          (i32.store8 offset=4096 (local.get $at) (i32.const 8))
          (local.set $at (i32.add (local.get $at) (i32.const 1)))))
      (i32.store8 offset=4096 (local.get $at) (local.get $byte))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $bytes
        (i32.lt_u (local.tee $byte (i32.add (local.get $byte) (i32.const 1))) (i32.const 8)))))

  ;; The bytes of ASCII from 0x20 on, in the table that $text reads.
  (func $build_escapes
    (local $byte i32)
    (local.set $byte (i32.const 0x20))
    (loop $bytes
      (i64.store offset=1024
        (i32.shl (local.get $byte) (i32.const 3))
        (i64.or (i64.extend_i32_u (local.get $byte)) (i64.const 0x0100000000000000)))
      (br_if $bytes
        (i32.lt_u (local.tee $byte (i32.add (local.get $byte) (i32.const 1))) (i32.const 0x80))))
    (i64.store (i32.const 2040) (i64.const 0x010100000000007f))) ;; DEL, which is not printable

  ;; Base64 without quotes.
  (func $base64 (export "base64") (param $to i32) (param $from i32) (param $length i32) (result i32)
    (block $twelves_done
      (loop $twelves
        (br_if $twelves_done (i32.lt_u (local.get $length) (i32.const 12)))
        (v128.store align=1 (local.get $to) (call $base64_of (v128.load align=1 (local.get $from))))
        (local.set $from (i32.add (local.get $from) (i32.const 12)))
        (local.set $to (i32.add (local.get $to) (i32.const 16)))
        (local.set $length (i32.sub (local.get $length) (i32.const 12)))
        (br $twelves)))
    (if (i32.eqz (local.get $length)) (then (return (local.get $to))))
    ;; What is left, with zeros behind it.
    (v128.store align=1
      (local.get $to)
      (call $base64_of
        (v128.and
          (v128.load align=1 (local.get $from))
          (i8x16.lt_u
            (v128.const i8x16 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15)
            (i8x16.splat (local.get $length))))))
    (local.set $to
      (i32.add
        (local.get $to)
        (i32.shl (i32.div_u (i32.add (local.get $length) (i32.const 2)) (i32.const 3)) (i32.const 2))))
    (local.set $length (i32.rem_u (local.get $length) (i32.const 3)))
    (if (local.get $length)
      (then
        (i32.store8 (i32.sub (local.get $to) (i32.const 1)) (i32.const 0x3d))
        (if (i32.eq (local.get $length) (i32.const 1))
          (then (i32.store8 (i32.sub (local.get $to) (i32.const 2)) (i32.const 0x3d))))))
    (local.get $to))

  ;; The first twelve bytes as sixteen letters.
  (func $base64_of (param $v v128) (result v128)
    (local $group v128)
    (local.set $v (i8x16.swizzle (local.get $v) (v128.load (i32.const 48))))
    ;; Four times six bits of each 24 into bytes, the highest first.
    (local.set $v
      (v128.or
        (v128.or
          (v128.and
            (i32x4.shr_u (local.get $v) (i32.const 18))
            (v128.const i32x4 0x3f 0x3f 0x3f 0x3f))
          (v128.and
            (i32x4.shr_u (local.get $v) (i32.const 4))
            (v128.const i32x4 0x3f00 0x3f00 0x3f00 0x3f00)))
        (v128.or
          (v128.and
            (i32x4.shl (local.get $v) (i32.const 10))
            (v128.const i32x4 0x3f0000 0x3f0000 0x3f0000 0x3f0000))
          (v128.and
            (i32x4.shl (local.get $v) (i32.const 24))
            (v128.const i32x4 0x3f000000 0x3f000000 0x3f000000 0x3f000000)))))
    ;; 0 for 26 to 51, 1 to 12 for 52 to 63, 13 for what is below 26.
    (local.set $group (i8x16.sub_sat_u (local.get $v) (i8x16.splat (i32.const 51))))
    (local.set $group
      (v128.or
        (local.get $group)
        (v128.and
          (i8x16.lt_u (local.get $v) (i8x16.splat (i32.const 26)))
          (i8x16.splat (i32.const 13)))))
    (i8x16.add (local.get $v) (i8x16.swizzle (v128.load (i32.const 64)) (local.get $group))))

  ;; Hex digits without quotes, two for each byte.
  (func $hex_bytes (export "hex_bytes") (param $to i32) (param $from i32) (param $length i32) (result i32)
    (local $end i32) (local $v v128) (local $high v128) (local $low v128)
    (local.set $end (i32.add (local.get $to) (i32.shl (local.get $length) (i32.const 1))))
    (block $done
      (loop $eights
        (br_if $done (i32.ge_u (local.get $to) (local.get $end)))
        (v128.store align=1 (local.get $to) (call $hex_of (v128.load64_zero align=1 (local.get $from))))
        (local.set $from (i32.add (local.get $from) (i32.const 8)))
        (local.set $to (i32.add (local.get $to) (i32.const 16)))
        (br $eights)))
    (local.get $end))

  ;; The first eight bytes as sixteen hex digits.
  (func $hex_of (param $v v128) (result v128)
    (local $digits v128)
    (local.set $digits (v128.and (local.get $v) (i8x16.splat (i32.const 15))))
    (local.set $v (v128.and (i16x8.shr_u (local.get $v) (i32.const 4)) (i8x16.splat (i32.const 15))))
    (i8x16.swizzle
      (v128.load (i32.const 16))
      (i8x16.shuffle 0 16 1 17 2 18 3 19 4 20 5 21 6 22 7 23 (local.get $v) (local.get $digits))))

  ;; "0x…" as unsigned 64 bits.
  (func (export "hex_long") (param $to i32) (param $high i32) (param $low i32) (result i32)
    (i32.store align=1 (local.get $to) (i32.const 0x783022)) ;; "0x
    (local.set $to (call $hex (i32.add (local.get $to) (i32.const 3)) (call $join (local.get $high) (local.get $low))))
    (i32.store8 (local.get $to) (i32.const 0x22))
    (i32.add (local.get $to) (i32.const 1)))

  ;; Hex digits of unsigned 64 bits, at least one.
  (func $hex (param $to i32) (param $value i64) (result i32)
    (local $zeros i32)
    (local.set $zeros (i32.wrap_i64 (i64.shr_u (i64.clz (i64.or (local.get $value) (i64.const 1))) (i64.const 2))))
    (v128.store align=1
      (local.get $to)
      (i8x16.swizzle
        (call $hex_of (i8x16.swizzle (i64x2.splat (local.get $value)) (v128.load (i32.const 32))))
        (i8x16.add
          (v128.const i8x16 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15)
          (i8x16.splat (local.get $zeros)))))
    (i32.sub (i32.add (local.get $to) (i32.const 16)) (local.get $zeros)))

  ;; A signed number.
  (func $int (export "int") (param $to i32) (param $value i32) (result i32)
    (if (i32.lt_u (local.get $value) (i32.const 10))
      (then
        (i32.store8 (local.get $to) (i32.add (local.get $value) (i32.const 0x30)))
        (return (i32.add (local.get $to) (i32.const 1)))))
    (if (i32.lt_s (local.get $value) (i32.const 0))
      (then
        (i32.store8 (local.get $to) (i32.const 0x2d))
        (local.set $to (i32.add (local.get $to) (i32.const 1)))
        (local.set $value (i32.sub (i32.const 0) (local.get $value)))))
    (call $decimal (local.get $to) (local.get $value)))

  ;; A decimal in quotes, as unsigned 64 bits.
  (func (export "unsigned_long") (param $to i32) (param $high i32) (param $low i32) (result i32)
    (i32.store8 (local.get $to) (i32.const 0x22))
    (local.set $to
      (call $decimal_long (i32.add (local.get $to) (i32.const 1)) (call $join (local.get $high) (local.get $low))))
    (i32.store8 (local.get $to) (i32.const 0x22))
    (i32.add (local.get $to) (i32.const 1)))

  ;; Unsigned 64 bits.
  (func $decimal_long (param $to i32) (param $value i64) (result i32)
    (local $above i64)
    (if (i64.eqz (i64.shr_u (local.get $value) (i64.const 32)))
      (then (return (call $decimal (local.get $to) (i32.wrap_i64 (local.get $value))))))
    (local.set $above (i64.div_u (local.get $value) (i64.const 100000000)))
    (local.set $to (call $decimal_long (local.get $to) (local.get $above)))
    (call $eight_digits
      (local.get $to)
      (i32.wrap_i64 (i64.sub (local.get $value) (i64.mul (local.get $above) (i64.const 100000000))))))

  ;; Unsigned 32 bits.
  (func $decimal (param $to i32) (param $value i32) (result i32)
    (local $end i32) (local $at i32) (local $above i32)
    (local.set $end
      (i32.add
        (i32.add (local.get $to) (i32.const 1))
        (i32.add
          (i32.add
            (i32.add
              (i32.ge_u (local.get $value) (i32.const 10))
              (i32.ge_u (local.get $value) (i32.const 100)))
            (i32.add
              (i32.ge_u (local.get $value) (i32.const 1000))
              (i32.ge_u (local.get $value) (i32.const 10000))))
          (i32.add
            (i32.add
              (i32.ge_u (local.get $value) (i32.const 100000))
              (i32.ge_u (local.get $value) (i32.const 1000000)))
            (i32.add
              (i32.add
                (i32.ge_u (local.get $value) (i32.const 10000000))
                (i32.ge_u (local.get $value) (i32.const 100000000)))
              (i32.ge_u (local.get $value) (i32.const 1000000000)))))))
    (local.set $at (local.get $end))
    (block $pairs_done
      (loop $pairs
        (br_if $pairs_done (i32.lt_u (local.get $value) (i32.const 10)))
        (local.set $above (i32.div_u (local.get $value) (i32.const 100)))
        (local.set $at (i32.sub (local.get $at) (i32.const 2)))
        (call $two_digits
          (local.get $at)
          (i32.sub (local.get $value) (i32.mul (local.get $above) (i32.const 100))))
        (local.set $value (local.get $above))
        (br $pairs)))
    (if (i32.gt_u (local.get $at) (local.get $to))
      (then (i32.store8 (local.get $to) (i32.add (local.get $value) (i32.const 0x30)))))
    (local.get $end))

  (func $eight_digits (param $to i32) (param $value i32) (result i32)
    (local $high i32) (local $pair i32)
    (local.set $high (i32.div_u (local.get $value) (i32.const 10000)))
    (local.set $value (i32.sub (local.get $value) (i32.mul (local.get $high) (i32.const 10000))))
    (call $four_digits (local.get $to) (local.get $high))
    (call $four_digits (i32.add (local.get $to) (i32.const 4)) (local.get $value))
    (i32.add (local.get $to) (i32.const 8)))

  (func $four_digits (param $to i32) (param $value i32)
    (local $high i32)
    (local.set $high (i32.div_u (local.get $value) (i32.const 100)))
    (call $two_digits (local.get $to) (local.get $high))
    (call $two_digits
      (i32.add (local.get $to) (i32.const 2))
      (i32.sub (local.get $value) (i32.mul (local.get $high) (i32.const 100)))))

  (func $two_digits (param $to i32) (param $value i32)
    (i32.store16 align=1 (local.get $to) (i32.load16_u offset=80 (i32.shl (local.get $value) (i32.const 1)))))

  ;; Milliseconds since 1970 in quotes, as $date.
  (func (export "time") (param $to i32) (param $high i32) (param $low i32) (result i32)
    (i32.store8 (local.get $to) (i32.const 0x22))
    (local.set $to
      (call $date (i32.add (local.get $to) (i32.const 1)) (call $join (local.get $high) (local.get $low))))
    (i32.store8 (local.get $to) (i32.const 0x22))
    (i32.add (local.get $to) (i32.const 1)))

  ;; The last day that was written, whose text lies at 288. Before the first, none that a Date can hold.
  (global $last_day (mut i32) (i32.const 0x7fffffff))
  (global $last_day_length (mut i32) (i32.const 0))

  ;; Milliseconds since 1970 as 2026-11-23T00:51:00.000Z; as a signed decimal where no JavaScript Date can hold them.
  (func $date (param $to i32) (param $time i64) (result i32)
    (local $day i32) (local $rest i32) (local $second i32) (local $minute i32)
    (if
      (i64.gt_u
        (i64.add (local.get $time) (i64.const 8640000000000000))
        (i64.const 17280000000000000))
      (then
        (if (i64.lt_s (local.get $time) (i64.const 0))
          (then
            (i32.store8 (local.get $to) (i32.const 0x2d))
            (local.set $to (i32.add (local.get $to) (i32.const 1)))
            (local.set $time (i64.sub (i64.const 0) (local.get $time)))))
        (return (call $decimal_long (local.get $to) (local.get $time)))))
    ;; Exact: the quotient is less than 2^27, so that it rounds to no day that its own is not.
    (local.set $day
      (i32.trunc_f64_s (f64.floor (f64.div (f64.convert_i64_s (local.get $time)) (f64.const 86400000)))))
    (local.set $rest
      (i32.wrap_i64
        (i64.sub (local.get $time) (i64.mul (i64.extend_i32_s (local.get $day)) (i64.const 86400000)))))
    ;; Times follow one another: the day is often that of the last one.
    (if (i32.eq (local.get $day) (global.get $last_day))
      (then
        (v128.store align=1 (local.get $to) (v128.load (i32.const 288)))
        (local.set $to (i32.add (local.get $to) (global.get $last_day_length))))
      (else
        (local.set $minute (local.get $to))
        (local.set $to (call $day (local.get $to) (local.get $day)))
        (v128.store (i32.const 288) (v128.load align=1 (local.get $minute)))
        (global.set $last_day (local.get $day))
        (global.set $last_day_length (i32.sub (local.get $to) (local.get $minute)))))
    (local.set $second (i32.div_u (local.get $rest) (i32.const 1000)))
    (local.set $rest (i32.sub (local.get $rest) (i32.mul (local.get $second) (i32.const 1000))))
    (local.set $minute (i32.div_u (local.get $second) (i32.const 60)))
    (local.set $second (i32.sub (local.get $second) (i32.mul (local.get $minute) (i32.const 60))))
    (local.set $day (i32.div_u (local.get $minute) (i32.const 60))) ;; the hour
    (local.set $minute (i32.sub (local.get $minute) (i32.mul (local.get $day) (i32.const 60))))
    (i32.store8 (local.get $to) (i32.const 0x54)) ;; T
    (call $two_digits (i32.add (local.get $to) (i32.const 1)) (local.get $day))
    (i32.store8 offset=3 (local.get $to) (i32.const 0x3a))
    (call $two_digits (i32.add (local.get $to) (i32.const 4)) (local.get $minute))
    (i32.store8 offset=6 (local.get $to) (i32.const 0x3a))
    (call $two_digits (i32.add (local.get $to) (i32.const 7)) (local.get $second))
    ;; Four digits, of which the point takes the place of the first.
    (call $four_digits (i32.add (local.get $to) (i32.const 9)) (local.get $rest))
    (i32.store8 offset=9 (local.get $to) (i32.const 0x2e))
    (i32.store8 offset=13 (local.get $to) (i32.const 0x5a)) ;; Z
    (i32.add (local.get $to) (i32.const 14)))

  ;; A day, counted from 1970, as 2026-11-23; years before 0 and after 9999 with a sign and six digits.
  ;; The usual arithmetic for the Gregorian calendar, with years that begin in March; a thousand times 400 years are
  ;; added first, so that no number is below 0.
  (func $day (param $to i32) (param $day i32) (result i32)
    (local $era i32) (local $year i32) (local $month i32)
    (local.set $day (i32.add (local.get $day) (i32.const 146816468))) ;; 719468 from 0000-03-01, and 146097000
    (local.set $era (i32.div_u (local.get $day) (i32.const 146097)))
    (local.set $day (i32.sub (local.get $day) (i32.mul (local.get $era) (i32.const 146097))))
    (local.set $year
      (i32.div_u
        (i32.sub
          (i32.add
            (i32.sub (local.get $day) (i32.div_u (local.get $day) (i32.const 1460)))
            (i32.div_u (local.get $day) (i32.const 36524)))
          (i32.div_u (local.get $day) (i32.const 146096)))
        (i32.const 365)))
    (local.set $day ;; of the year, from 0
      (i32.sub
        (local.get $day)
        (i32.sub
          (i32.add
            (i32.mul (local.get $year) (i32.const 365))
            (i32.shr_u (local.get $year) (i32.const 2)))
          (i32.div_u (local.get $year) (i32.const 100)))))
    (local.set $month ;; from March, 0
      (i32.div_u (i32.add (i32.mul (local.get $day) (i32.const 5)) (i32.const 2)) (i32.const 153)))
    (local.set $day
      (i32.sub
        (local.get $day)
        (i32.sub
          (i32.div_u (i32.add (i32.mul (local.get $month) (i32.const 153)) (i32.const 2)) (i32.const 5))
          (i32.const 1))))
    (local.set $year
      (i32.sub
        (i32.add (local.get $year) (i32.mul (local.get $era) (i32.const 400)))
        (i32.const 400000)))
    (if (i32.lt_u (local.get $month) (i32.const 10))
      (then (local.set $month (i32.add (local.get $month) (i32.const 3))))
      (else
        (local.set $month (i32.sub (local.get $month) (i32.const 9)))
        (local.set $year (i32.add (local.get $year) (i32.const 1)))))
    (if (i32.ge_u (local.get $year) (i32.const 10000))
      (then
        (i32.store8 (local.get $to) (i32.const 0x2b))
        (if (i32.lt_s (local.get $year) (i32.const 0))
          (then
            (i32.store8 (local.get $to) (i32.const 0x2d))
            (local.set $year (i32.sub (i32.const 0) (local.get $year)))))
        (local.set $era (i32.div_u (local.get $year) (i32.const 10000))) ;; its digits before the last four
        (call $two_digits (i32.add (local.get $to) (i32.const 1)) (local.get $era))
        (local.set $year (i32.sub (local.get $year) (i32.mul (local.get $era) (i32.const 10000))))
        (local.set $to (i32.add (local.get $to) (i32.const 3)))))
    (call $four_digits (local.get $to) (local.get $year))
    (i32.store8 offset=4 (local.get $to) (i32.const 0x2d))
    (call $two_digits (i32.add (local.get $to) (i32.const 5)) (local.get $month))
    (i32.store8 offset=7 (local.get $to) (i32.const 0x2d))
    (call $two_digits (i32.add (local.get $to) (i32.const 8)) (local.get $day))
    (i32.add (local.get $to) (i32.const 10)))

  (func $join (param $high i32) (param $low i32) (result i64)
    (i64.or
      (i64.shl (i64.extend_i32_u (local.get $high)) (i64.const 32))
      (i64.extend_i32_u (local.get $low))))

  ;; Big-endian, as jute has them.
  (func $int_at (param $at i32) (result i32)
    (local $x i32)
    (local.set $x (i32.load align=1 (local.get $at)))
    (i32.or
      (i32.and (i32.rotl (local.get $x) (i32.const 8)) (i32.const 0x00ff00ff))
      (i32.and (i32.rotr (local.get $x) (i32.const 8)) (i32.const 0xff00ff00))))

  (func $long_at (param $at i32) (result i64)
    (i64x2.extract_lane 0
      (i8x16.swizzle (v128.load64_zero align=1 (local.get $at)) (v128.load (i32.const 32)))))
)
