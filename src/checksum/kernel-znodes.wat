  ;; Takes the znodes of a snapshot that need no second look, from $position on, as many as lie before $limit: their
  ;; frames are whole, their paths absolute, their parents on the stack. It stops before whatever is not so, damaged or
  ;; not, without a word: whoever called then looks at that one. Also before values longer than $most, a pzxid that
  ;; ends in four zeros (what follows may be damage), and the last znodes before $limit.
  ;;
  ;; What it knows and what it finds lie in memory (znode-run.ts repeats it), little-endian:
  ;;   32768  i32 where it stopped; +4 i32 records to look at; +8 i64 sum of the digests; +16 i64 the newest zxid so far;
  ;;          +24 i32 the longest value so far; +28 i32 not 0 if a path so far was not ASCII; +32 i32 the last path;
  ;;          +36 i32 its length; +40 i32 how deep the stack is
  ;;   33792  256 x i64 ACL ids that are known, as they lie in the file, each where its lowest byte says
  ;;   35840  256 x { i32 length of its path, i32 slot }: the last path's znode and those above it, root first
  ;;   37888  256 x { i32 record, i32 path hash, i32 digest, i32 slot of the parent }
  ;;   41984  256 x i32 which of these have an owner or an ACL id that is not known
  ;; The slots that it gives begin with $first. Paths are hashed where $hashes is 1.
  (func $take_znodes (export "take_znodes")
    (param $position i32) (param $limit i32) (param $most i32) (param $first i32) (param $hashes i32) (result i32)
    (local $taken i32) (local $left i32) (local $path i32) (local $length i32) (local $data i32) (local $size i32)
    (local $stat i32) (local $at i32) (local $slashes i32) (local $high i32) (local $parent i32) (local $depth i32)
    (local $last i32) (local $top i32) (local $digest i32) (local $sum i64) (local $acl i64) (local $out i32)
    (local $odd i32) (local $longest i32) (local $v v128) (local $newest v128)
    (local.set $newest (i64x2.splat (i64.load (i32.const 32784))))
    (local.set $longest (i32.load (i32.const 32792)))
    (local.set $last (i32.load (i32.const 32800)))
    (local.set $depth (i32.load (i32.const 32808)))
    (local.set $out (i32.const 37888))
    (local.set $odd (i32.const 41984))
    (block $stop
      (loop $znodes
        (br_if $stop (i32.eq (local.get $taken) (i32.const 256)))
        ;; The frame. Lengths below 0 are large as unsigned numbers.
        (local.set $left (i32.sub (local.get $limit) (local.get $position)))
        (br_if $stop (i32.lt_u (local.get $left) (i32.const 80)))
        (local.set $length (call $int_at (local.get $position)))
        (br_if $stop
          (i32.gt_u (i32.sub (local.get $length) (i32.const 2)) (i32.sub (local.get $left) (i32.const 78))))
        (local.set $path (i32.add (local.get $position) (i32.const 4)))
        (local.set $data (i32.add (local.get $path) (local.get $length)))
        (local.set $size (call $int_at (local.get $data)))
        (local.set $data (i32.add (local.get $data) (i32.const 4)))
        (if (i32.eq (local.get $size) (i32.const -1)) (then (local.set $size (i32.const 0))))
        (br_if $stop (i32.gt_u (local.get $size) (local.get $most)))
        (br_if $stop
          (i32.gt_u
            (local.get $size)
            (i32.sub (i32.sub (local.get $limit) (local.get $data)) (i32.const 68))))
        (local.set $stat (i32.add (i32.add (local.get $data) (local.get $size)) (i32.const 8)))
        (br_if $stop (i32.eqz (i32.load offset=56 align=1 (local.get $stat))))
        ;; The last slash, sixteen bytes at a time. The first byte is one, so none is found before the path.
        (br_if $stop (i32.ne (i32.load8_u (local.get $path)) (i32.const 0x2f)))
        (local.set $at (i32.sub (local.get $data) (i32.const 20)))
        (local.set $high (i32.const 0))
        (block $found
          (loop $backwards
            (local.set $v (v128.load align=1 (local.get $at)))
            (local.set $slashes (i8x16.bitmask (i8x16.eq (local.get $v) (i8x16.splat (i32.const 0x2f)))))
            (br_if $found (local.get $slashes))
            (local.set $high (i32.or (local.get $high) (i8x16.bitmask (local.get $v))))
            (local.set $at (i32.sub (local.get $at) (i32.const 16)))
            (br $backwards)))
        (local.set $slashes (i32.sub (i32.const 31) (i32.clz (local.get $slashes))))
        (local.set $high
          (i32.or (local.get $high) (i32.shr_u (i8x16.bitmask (local.get $v)) (local.get $slashes))))
        (local.set $parent (i32.sub (i32.add (local.get $at) (local.get $slashes)) (local.get $path)))
        (br_if $stop (i32.eq (i32.add (local.get $parent) (i32.const 1)) (local.get $length)))
        ;; The parent: of the last path and those above it, the one that is as long; and the bytes before the slash
        ;; are the same as the last path's.
        (local.set $at (i32.add (i32.const 35832) (i32.shl (local.get $depth) (i32.const 3))))
        (block $found
          (loop $up
            (br_if $stop (i32.lt_u (local.get $at) (i32.const 35840)))
            (local.set $top (i32.load (local.get $at)))
            (br_if $found (i32.le_u (local.get $top) (local.get $parent)))
            (local.set $at (i32.sub (local.get $at) (i32.const 8)))
            (br $up)))
        (br_if $stop (i32.ne (local.get $top) (local.get $parent)))
        (br_if $stop (i32.ge_u (local.get $at) (i32.const 37880)))
        (br_if $stop (i32.eqz (call $bytes_equal (local.get $path) (local.get $last) (local.get $parent))))
        ;; Nothing is in its way: from here on the znode is taken.
        (local.set $depth (i32.shr_u (i32.sub (local.get $at) (i32.const 35824)) (i32.const 3)))
        (i32.store offset=8 (local.get $at) (local.get $length))
        (i32.store offset=12 (local.get $at) (i32.add (local.get $first) (local.get $taken)))
        (local.set $last (local.get $path))
        (i32.store (i32.const 32804) (local.get $length))
        (if (local.get $high) (then (i32.store (i32.const 32796) (i32.const 1))))
        (local.set $digest
          (call $digest_of
            (local.get $path) (local.get $length) (local.get $data) (local.get $size) (local.get $stat)))
        (local.set $sum (i64.add (local.get $sum) (i64.extend_i32_u (local.get $digest))))
        (i32.store (local.get $out) (local.get $position))
        (if (local.get $hashes)
          (then (i32.store offset=4 (local.get $out) (call $path_hash (local.get $path) (local.get $length)))))
        (i32.store offset=8 (local.get $out) (local.get $digest))
        (i32.store offset=12 (local.get $out) (i32.load offset=4 (local.get $at)))
        (local.set $out (i32.add (local.get $out) (i32.const 16)))
        (if (i32.gt_u (local.get $size) (local.get $longest)) (then (local.set $longest (local.get $size))))
        ;; czxid and mzxid at once, then pzxid: signed, most significant byte first.
        (local.set $v (v128.load align=1 (local.get $stat)))
        (local.set $v
          (i8x16.shuffle 7 6 5 4 3 2 1 0 15 14 13 12 11 10 9 8 (local.get $v) (local.get $v)))
        (local.set $newest
          (v128.bitselect
            (local.get $v) (local.get $newest) (i64x2.gt_s (local.get $v) (local.get $newest))))
        (local.set $v (v128.load64_splat offset=52 align=1 (local.get $stat)))
        (local.set $v
          (i8x16.shuffle 7 6 5 4 3 2 1 0 15 14 13 12 11 10 9 8 (local.get $v) (local.get $v)))
        (local.set $newest
          (v128.bitselect
            (local.get $v) (local.get $newest) (i64x2.gt_s (local.get $v) (local.get $newest))))
        (local.set $acl (i64.load align=1 (i32.sub (local.get $stat) (i32.const 8))))
        (if
          (i32.or
            (i64.ne (i64.load offset=44 align=1 (local.get $stat)) (i64.const 0))
            (i32.and
              (i64.ne (local.get $acl) (i64.const -1))
              (i64.ne
                (i64.load offset=33792
                  (i32.shl (i32.wrap_i64 (i64.shr_u (local.get $acl) (i64.const 56))) (i32.const 3)))
                (local.get $acl))))
          (then
            (i32.store (local.get $odd) (local.get $taken))
            (local.set $odd (i32.add (local.get $odd) (i32.const 4)))))
        (local.set $taken (i32.add (local.get $taken) (i32.const 1)))
        (local.set $position (i32.add (local.get $stat) (i32.const 60)))
        (br $znodes)))
    (i32.store (i32.const 32768) (local.get $position))
    (i32.store (i32.const 32772) (i32.shr_u (i32.sub (local.get $odd) (i32.const 41984)) (i32.const 2)))
    (i64.store (i32.const 32776) (local.get $sum))
    (local.set $v (i64x2.splat (i64x2.extract_lane 1 (local.get $newest))))
    (local.set $newest
      (v128.bitselect (local.get $v) (local.get $newest) (i64x2.gt_s (local.get $v) (local.get $newest))))
    (i64.store (i32.const 32784) (i64x2.extract_lane 0 (local.get $newest)))
    (i32.store (i32.const 32792) (local.get $longest))
    (i32.store (i32.const 32800) (local.get $last))
    (i32.store (i32.const 32808) (local.get $depth))
    (local.get $taken))
