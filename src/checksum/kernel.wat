;; The inner loops of zkrewind: checksums, hashes and comparisons of bytes that already lie in this module's memory.
;;
;; Memory layout (block.ts repeats it):
;;       0 .. 16383   sixteen CRC-32 tables of 256 words, built by the start function
;;   16384 .. 32767   where $znode_digest puts together what it runs over
;;   32768 .. 49151   what $take_znodes knows and finds
;;   49152 ..         the block's own bytes
;;
;; Pointers and lengths are unsigned 32-bit. No range is checked here beyond WebAssembly's own trap.
;; $adler32, $path_hash and $bytes_equal load up to 15 bytes from before `ptr` and mask them out, which spares them a
;; byte-by-byte tail; so `ptr` must be at least 16, and every pointer past the reserved area is.
;;
;; After a change, run `node src/build-kernels.mjs`.
(module
  (import "env" "memory" (memory 1 65536))
  (start $build_crc_tables)

  ;; Adler-32. `seed` is 1 at the start of a stream, else the checksum of what came before.
  ;;
  ;; A round takes up to 23 vectors of 16 bytes and keeps, for each of the 16 columns, the sum of its bytes (c) and the
  ;; sum of all earlier values of c (p), in 16 bits each: after 23 vectors of 0xff, p is 255 * (0 + 1 + … + 22) = 64515,
  ;; the last that fits. A byte in column j with m vectors after it counts 16 * m + (16 - j) times in Adler's second sum;
  ;; p supplies the first term, a dot product of c with 16 … 1 the second.
  ;;
  ;; The length is made a multiple of 16 by zeros in front: they add nothing but a count of the seed, so the true number
  ;; of bytes is used for that.
  (func $adler32 (export "adler32") (param $ptr i32) (param $len i32) (param $seed i32) (result i32)
    (local $a i32) (local $b i32) (local $vectors i32) (local $round i32) (local $pad i32) (local $stop i32)
    (local $v v128) (local $c_lo v128) (local $c_hi v128) (local $p_lo v128) (local $p_hi v128)
    (if (i32.eqz (local.get $len)) (then (return (local.get $seed))))
    (local.set $a (i32.and (local.get $seed) (i32.const 0xffff)))
    (local.set $b (i32.shr_u (local.get $seed) (i32.const 16)))
    (local.set $vectors (i32.shr_u (i32.add (local.get $len) (i32.const 15)) (i32.const 4)))
    (local.set $pad (i32.and (i32.sub (i32.const 0) (local.get $len)) (i32.const 15)))
    (local.set $ptr (i32.sub (local.get $ptr) (local.get $pad)))
    (local.set $v (v128.and (v128.load align=1 (local.get $ptr)) (call $from_column (local.get $pad))))
    (loop $rounds
      (local.set $round
        (select (local.get $vectors) (i32.const 23) (i32.lt_u (local.get $vectors) (i32.const 23))))
      (local.set $vectors (i32.sub (local.get $vectors) (local.get $round)))
      (local.set $stop (i32.add (local.get $ptr) (i32.shl (local.get $round) (i32.const 4))))
      (local.set $c_lo (i16x8.extend_low_i8x16_u (local.get $v)))
      (local.set $c_hi (i16x8.extend_high_i8x16_u (local.get $v)))
      (local.set $p_lo (v128.const i32x4 0 0 0 0))
      (local.set $p_hi (v128.const i32x4 0 0 0 0))
      (block $summed
        (loop $vectors
          (local.set $ptr (i32.add (local.get $ptr) (i32.const 16)))
          (br_if $summed (i32.eq (local.get $ptr) (local.get $stop)))
          (local.set $v (v128.load align=1 (local.get $ptr)))
          (local.set $p_lo (i16x8.add (local.get $p_lo) (local.get $c_lo)))
          (local.set $p_hi (i16x8.add (local.get $p_hi) (local.get $c_hi)))
          (local.set $c_lo (i16x8.add (local.get $c_lo) (i16x8.extend_low_i8x16_u (local.get $v))))
          (local.set $c_hi (i16x8.add (local.get $c_hi) (i16x8.extend_high_i8x16_u (local.get $v))))
          (br $vectors)))
      ;; b first: it counts the a of before this round once for each byte.
      (local.set $b
        (i32.rem_u
          (i32.add
            (i32.add
              (local.get $b)
              (i32.mul (local.get $a) (i32.sub (i32.shl (local.get $round) (i32.const 4)) (local.get $pad))))
            (call $sum_lanes
              (i32x4.add
                (i32x4.add
                  (i32x4.dot_i16x8_s (local.get $c_lo) (v128.const i16x8 16 15 14 13 12 11 10 9))
                  (i32x4.dot_i16x8_s (local.get $c_hi) (v128.const i16x8 8 7 6 5 4 3 2 1)))
                (i32x4.shl
                  (i32x4.add
                    (i32x4.extadd_pairwise_i16x8_u (local.get $p_lo))
                    (i32x4.extadd_pairwise_i16x8_u (local.get $p_hi)))
                  (i32.const 4)))))
          (i32.const 65521)))
      (local.set $a
        (i32.rem_u
          (i32.add
            (local.get $a)
            (call $sum_lanes (i32x4.extadd_pairwise_i16x8_u (i16x8.add (local.get $c_lo) (local.get $c_hi)))))
          (i32.const 65521)))
      (if (local.get $vectors)
        (then
          (local.set $pad (i32.const 0))
          (local.set $v (v128.load align=1 (local.get $ptr)))
          (br $rounds))))
    (i32.or (i32.shl (local.get $b) (i32.const 16)) (local.get $a)))

  ;; A mask that keeps the bytes of a vector from column `first` on.
  (func $from_column (param $first i32) (result v128)
    (i8x16.ge_u (v128.const i8x16 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15) (i8x16.splat (local.get $first))))

  (func $sum_lanes (param $v v128) (result i32)
    (local.set $v
      (i32x4.add
        (local.get $v)
        (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7 (local.get $v) (local.get $v))))
    (i32.add (i32x4.extract_lane 0 (local.get $v)) (i32x4.extract_lane 1 (local.get $v))))

  ;; The CRC register after the bytes from `ptr` to `stop`, whole sixteens, without the inversions at both ends.
  ;; Slice-by-16: table k answers for a byte with k bytes after it, so 16 look-ups advance 16 bytes, and only the four
  ;; of $w0 wait for the register.
  (func $crc_sixteens (param $ptr i32) (param $stop i32) (param $crc i32) (result i32)
    (local $w0 i32) (local $w1 i32) (local $w2 i32) (local $w3 i32)
    (block $sixteens_done
      (loop $sixteens
        (br_if $sixteens_done (i32.eq (local.get $ptr) (local.get $stop)))
        (local.set $w0 (i32.xor (i32.load align=1 (local.get $ptr)) (local.get $crc)))
        (local.set $w1 (i32.load offset=4 align=1 (local.get $ptr)))
        (local.set $w2 (i32.load offset=8 align=1 (local.get $ptr)))
        (local.set $w3 (i32.load offset=12 align=1 (local.get $ptr)))
        (local.set $crc
          (i32.xor
            (i32.xor
              (i32.xor
                (i32.xor
                  (i32.xor
                    (i32.load offset=3072 (i32.and (i32.shl (local.get $w3) (i32.const 2)) (i32.const 0x3fc)))
                    (i32.load offset=2048 (i32.and (i32.shr_u (local.get $w3) (i32.const 6)) (i32.const 0x3fc))))
                  (i32.xor
                    (i32.load offset=1024 (i32.and (i32.shr_u (local.get $w3) (i32.const 14)) (i32.const 0x3fc)))
                    (i32.load (i32.and (i32.shr_u (local.get $w3) (i32.const 22)) (i32.const 0x3fc)))))
                (i32.xor
                  (i32.xor
                    (i32.load offset=7168 (i32.and (i32.shl (local.get $w2) (i32.const 2)) (i32.const 0x3fc)))
                    (i32.load offset=6144 (i32.and (i32.shr_u (local.get $w2) (i32.const 6)) (i32.const 0x3fc))))
                  (i32.xor
                    (i32.load offset=5120 (i32.and (i32.shr_u (local.get $w2) (i32.const 14)) (i32.const 0x3fc)))
                    (i32.load offset=4096 (i32.and (i32.shr_u (local.get $w2) (i32.const 22)) (i32.const 0x3fc))))))
              (i32.xor
                (i32.xor
                  (i32.load offset=11264 (i32.and (i32.shl (local.get $w1) (i32.const 2)) (i32.const 0x3fc)))
                  (i32.load offset=10240 (i32.and (i32.shr_u (local.get $w1) (i32.const 6)) (i32.const 0x3fc))))
                (i32.xor
                  (i32.load offset=9216 (i32.and (i32.shr_u (local.get $w1) (i32.const 14)) (i32.const 0x3fc)))
                  (i32.load offset=8192 (i32.and (i32.shr_u (local.get $w1) (i32.const 22)) (i32.const 0x3fc))))))
            (i32.xor
              (i32.xor
                (i32.load offset=15360 (i32.and (i32.shl (local.get $w0) (i32.const 2)) (i32.const 0x3fc)))
                (i32.load offset=14336 (i32.and (i32.shr_u (local.get $w0) (i32.const 6)) (i32.const 0x3fc))))
              (i32.xor
                (i32.load offset=13312 (i32.and (i32.shr_u (local.get $w0) (i32.const 14)) (i32.const 0x3fc)))
                (i32.load offset=12288 (i32.and (i32.shr_u (local.get $w0) (i32.const 22)) (i32.const 0x3fc)))))))
        (local.set $ptr (i32.add (local.get $ptr) (i32.const 16)))
        (br $sixteens)))
    (local.get $crc))

  ;; CRC-32 (IEEE). `seed` is 0 at the start of a stream, else the checksum of what came before, as in zlib.
  ;; What is left of whole sixteens goes by 8, by 4 and by bytes. The look-ups are written out because V8 does not
  ;; inline calls here: as functions they took 1.6 times as long.
  (func $crc32 (export "crc32") (param $ptr i32) (param $len i32) (param $seed i32) (result i32)
    (local $crc i32) (local $stop i32) (local $w0 i32) (local $w1 i32)
    (local.set $stop (i32.add (local.get $ptr) (i32.and (local.get $len) (i32.const -16))))
    (local.set $crc
      (call $crc_sixteens (local.get $ptr) (local.get $stop) (i32.xor (local.get $seed) (i32.const -1))))
    (local.set $ptr (local.get $stop))
    (if (i32.and (local.get $len) (i32.const 8))
      (then
        (local.set $w0 (i32.xor (i32.load align=1 (local.get $ptr)) (local.get $crc)))
        (local.set $w1 (i32.load offset=4 align=1 (local.get $ptr)))
        (local.set $crc
          (i32.xor
            (i32.xor
              (i32.xor
                (i32.load offset=3072 (i32.and (i32.shl (local.get $w1) (i32.const 2)) (i32.const 0x3fc)))
                (i32.load offset=2048 (i32.and (i32.shr_u (local.get $w1) (i32.const 6)) (i32.const 0x3fc))))
              (i32.xor
                (i32.load offset=1024 (i32.and (i32.shr_u (local.get $w1) (i32.const 14)) (i32.const 0x3fc)))
                (i32.load (i32.and (i32.shr_u (local.get $w1) (i32.const 22)) (i32.const 0x3fc)))))
            (i32.xor
              (i32.xor
                (i32.load offset=7168 (i32.and (i32.shl (local.get $w0) (i32.const 2)) (i32.const 0x3fc)))
                (i32.load offset=6144 (i32.and (i32.shr_u (local.get $w0) (i32.const 6)) (i32.const 0x3fc))))
              (i32.xor
                (i32.load offset=5120 (i32.and (i32.shr_u (local.get $w0) (i32.const 14)) (i32.const 0x3fc)))
                (i32.load offset=4096 (i32.and (i32.shr_u (local.get $w0) (i32.const 22)) (i32.const 0x3fc)))))))
        (local.set $ptr (i32.add (local.get $ptr) (i32.const 8)))))
    (if (i32.and (local.get $len) (i32.const 4))
      (then
        (local.set $w0 (i32.xor (i32.load align=1 (local.get $ptr)) (local.get $crc)))
        (local.set $crc
          (i32.xor
            (i32.xor
              (i32.load offset=3072 (i32.and (i32.shl (local.get $w0) (i32.const 2)) (i32.const 0x3fc)))
              (i32.load offset=2048 (i32.and (i32.shr_u (local.get $w0) (i32.const 6)) (i32.const 0x3fc))))
            (i32.xor
              (i32.load offset=1024 (i32.and (i32.shr_u (local.get $w0) (i32.const 14)) (i32.const 0x3fc)))
              (i32.load (i32.and (i32.shr_u (local.get $w0) (i32.const 22)) (i32.const 0x3fc))))))
        (local.set $ptr (i32.add (local.get $ptr) (i32.const 4)))))
    (local.set $stop (i32.add (local.get $ptr) (i32.and (local.get $len) (i32.const 3))))
    (block $bytes_done
      (loop $bytes
        (br_if $bytes_done (i32.eq (local.get $ptr) (local.get $stop)))
        (local.set $w0 (i32.xor (i32.load8_u (local.get $ptr)) (local.get $crc)))
        (local.set $crc
          (i32.xor
            (i32.shr_u (local.get $crc) (i32.const 8))
            (i32.load (i32.and (i32.shl (local.get $w0) (i32.const 2)) (i32.const 0x3fc)))))
        (local.set $ptr (i32.add (local.get $ptr) (i32.const 1)))
        (br $bytes)))
    (i32.xor (local.get $crc) (i32.const -1)))

  (func $build_crc_tables
    (local $at i32) (local $crc i32) (local $bit i32)
    (loop $first_table
      (local.set $crc (i32.shr_u (local.get $at) (i32.const 2)))
      (local.set $bit (i32.const 8))
      (loop $bits
        (local.set $crc
          (i32.xor
            (i32.shr_u (local.get $crc) (i32.const 1))
            (i32.and
              (i32.const 0xedb88320)
              (i32.sub (i32.const 0) (i32.and (local.get $crc) (i32.const 1))))))
        (br_if $bits (local.tee $bit (i32.sub (local.get $bit) (i32.const 1)))))
      (i32.store (local.get $at) (local.get $crc))
      (br_if $first_table
        (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 4))) (i32.const 1024))))
    ;; Each further table is the one before it, advanced by one zero byte.
    (loop $further_tables
      (local.set $crc (i32.load (i32.sub (local.get $at) (i32.const 1024))))
      (i32.store
        (local.get $at)
        (i32.xor
          (i32.shr_u (local.get $crc) (i32.const 8))
          (i32.load (i32.shl (i32.and (local.get $crc) (i32.const 0xff)) (i32.const 2)))))
      (br_if $further_tables
        (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 4))) (i32.const 16384)))))

  ;; The digest (version 2) of the znode that lies at `record` as a snapshot holds it: ustring path, buffer data,
  ;; long aclId, StatPersisted. As DigestCalculator has it: nothing for znodes below /zookeeper/ (/zookeeper itself
  ;; counts), "/" taken as "", and the stat with pzxid third, where StatPersisted has it last.
  ;; The path's bytes are taken as they lie, in UTF-8. A server encodes them in its JVM's default charset, which before
  ;; Java 18 is that of its locale: under LC_ALL=C (many containers) each character beyond ASCII is "?".
  (func $znode_digest (export "znode_digest") (param $record i32) (result i32)
    (local $path i32) (local $path_length i32) (local $data i32) (local $data_length i32)
    (local.set $path (i32.add (local.get $record) (i32.const 4)))
    (local.set $path_length (call $length_at (local.get $record)))
    (local.set $data (i32.add (i32.add (local.get $path) (local.get $path_length)) (i32.const 4)))
    (local.set $data_length (call $length_at (i32.sub (local.get $data) (i32.const 4))))
    (call $digest_of
      (local.get $path) (local.get $path_length)
      (local.get $data) (local.get $data_length)
      (i32.add (i32.add (local.get $data) (local.get $data_length)) (i32.const 8))))

  (func $digest_of
    (param $path i32) (param $path_length i32) (param $data i32) (param $data_length i32) (param $stat i32)
    (result i32)
    (local $length i32) (local $first i32) (local $crc i32)
    (if (i32.ge_u (local.get $path_length) (i32.const 11))
      (then
        (if
          (i64.eqz
            (i64.or
              (i64.xor (i64.load align=1 (local.get $path)) (i64.const 0x7065656b6f6f7a2f)) ;; "/zookeep"
              (i64.extend_i32_u
                (i32.xor (i32.load offset=7 align=1 (local.get $path)) (i32.const 0x2f726570))))) ;; "per/"
          (then (return (i32.const 0))))))
    (if
      (i32.and
        (i32.eq (local.get $path_length) (i32.const 1))
        (i32.eq (i32.load8_u (local.get $path)) (i32.const 0x2f)))
      (then (local.set $path_length (i32.const 0))))
    (local.set $length (i32.add (local.get $path_length) (local.get $data_length)))
    (if (i32.gt_u (local.get $length) (i32.const 16000))
      (then
        (local.set $crc (call $crc32 (local.get $path) (local.get $path_length) (i32.const 0)))
        (local.set $crc (call $crc32 (local.get $data) (local.get $data_length) (local.get $crc)))
        ;; czxid and mzxid; pzxid; ctime to ephemeralOwner
        (local.set $crc (call $crc32 (local.get $stat) (i32.const 16) (local.get $crc)))
        (local.set $crc (call $crc32 (i32.add (local.get $stat) (i32.const 52)) (i32.const 8) (local.get $crc)))
        (return (call $crc32 (i32.add (local.get $stat) (i32.const 16)) (i32.const 36) (local.get $crc)))))
    ;; Put together so that it ends at 32768, with zeros before it to a multiple of 16: there is no rest to do byte by
    ;; byte. To a register of 0, zeros in front are nothing, and inverting the first four bytes starts it with -1.
    ;; The copies run over by up to 15 bytes, into what is written after them.
    (local.set $first (i32.sub (i32.const 32708) (local.get $length)))
    (v128.store align=1 (i32.sub (local.get $first) (i32.const 16)) (v128.const i32x4 0 0 0 0))
    (call $copy (local.get $path) (local.get $first) (local.get $path_length))
    (call $copy (local.get $data) (i32.add (local.get $first) (local.get $path_length)) (local.get $data_length))
    (v128.store align=4 (i32.const 32708) (v128.load align=1 (local.get $stat)))
    (i64.store align=4 (i32.const 32724) (i64.load offset=52 align=1 (local.get $stat)))
    (v128.store align=4 (i32.const 32732) (v128.load offset=16 align=1 (local.get $stat)))
    (v128.store align=4 (i32.const 32748) (v128.load offset=32 align=1 (local.get $stat)))
    (i32.store align=4 (i32.const 32764) (i32.load offset=48 align=1 (local.get $stat)))
    (i32.store align=1 (local.get $first) (i32.xor (i32.load align=1 (local.get $first)) (i32.const -1)))
    (i32.xor
      (call $crc_sixteens (i32.and (local.get $first) (i32.const -16)) (i32.const 32768) (i32.const 0))
      (i32.const -1)))

  ;; By sixteens: up to 15 bytes more than `len` are written, and read.
  (func $copy (param $from i32) (param $to i32) (param $len i32)
    (local $at i32)
    (if (i32.eqz (local.get $len)) (then (return)))
    (loop $vectors
      (v128.store align=1
        (i32.add (local.get $to) (local.get $at))
        (v128.load align=1 (i32.add (local.get $from) (local.get $at))))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (br_if $vectors (i32.lt_u (local.get $at) (local.get $len)))))

  ;; A jute length; null (-1) has no bytes, like 0.
  (func $length_at (param $ptr i32) (result i32)
    (local $x i32)
    (local.set $x (call $int_at (local.get $ptr)))
    (select (i32.const 0) (local.get $x) (i32.eq (local.get $x) (i32.const -1))))

  (func $int_at (param $ptr i32) (result i32)
    (local $x i32)
    (local.set $x (i32.load align=1 (local.get $ptr)))
    (i32.or
      (i32.and (i32.rotl (local.get $x) (i32.const 8)) (i32.const 0x00ff00ff))
      (i32.and (i32.rotr (local.get $x) (i32.const 8)) (i32.const 0xff00ff00))))

  ;; A hash for tables in memory (not for files: it may change between versions). Eight bytes at a time, each step
  ;; reversible, so strings of one length that differ in one word never collide before the fold to 32 bits.
  (func $path_hash (export "path_hash") (param $ptr i32) (param $len i32) (result i32)
    (local $h i64) (local $stop i32) (local $rest i32)
    (local.set $h (i64.mul (i64.extend_i32_u (local.get $len)) (i64.const 0x9e3779b97f4a7c15)))
    (local.set $rest (i32.and (local.get $len) (i32.const 7)))
    (local.set $stop (i32.add (local.get $ptr) (i32.and (local.get $len) (i32.const -8))))
    (block $words_done
      (loop $words
        (br_if $words_done (i32.eq (local.get $ptr) (local.get $stop)))
        (local.set $h
          (i64.mul
            (i64.xor
              (local.get $h)
              (i64.load align=1 (local.get $ptr)))
            (i64.const 0xd6e8feb86659fd93)))
        (local.set $h (i64.xor (local.get $h) (i64.shr_u (local.get $h) (i64.const 32))))
        (local.set $ptr (i32.add (local.get $ptr) (i32.const 8)))
        (br $words)))
    (if (local.get $rest)
      (then
        ;; The last bytes as the high end of a word, then shifted down over what came before them.
        (local.set $h
          (i64.mul
            (i64.xor
              (local.get $h)
              (i64.shr_u
                (i64.load align=1 (i32.sub (i32.add (local.get $ptr) (local.get $rest)) (i32.const 8)))
                (i64.extend_i32_u (i32.shl (i32.sub (i32.const 8) (local.get $rest)) (i32.const 3)))))
            (i64.const 0xd6e8feb86659fd93)))
        (local.set $h (i64.xor (local.get $h) (i64.shr_u (local.get $h) (i64.const 32))))))
    ;; MurmurHash3's finaliser.
    (local.set $h (i64.xor (local.get $h) (i64.shr_u (local.get $h) (i64.const 33))))
    (local.set $h (i64.mul (local.get $h) (i64.const 0xff51afd7ed558ccd)))
    (local.set $h (i64.xor (local.get $h) (i64.shr_u (local.get $h) (i64.const 33))))
    (local.set $h (i64.mul (local.get $h) (i64.const 0xc4ceb9fe1a85ec53)))
    (i32.wrap_i64 (i64.xor (local.get $h) (i64.shr_u (local.get $h) (i64.const 33)))))

  ;; 1 where the bytes are the same, else 0. The length is made a multiple of 16 at the front, as in $adler32.
  (func $bytes_equal (export "bytes_equal") (param $x i32) (param $y i32) (param $len i32) (result i32)
    (local $pad i32) (local $stop i32) (local $difference v128)
    (if (i32.eqz (local.get $len)) (then (return (i32.const 1))))
    (local.set $stop (i32.add (local.get $x) (local.get $len)))
    (local.set $pad (i32.and (i32.sub (i32.const 0) (local.get $len)) (i32.const 15)))
    (local.set $x (i32.sub (local.get $x) (local.get $pad)))
    (local.set $y (i32.sub (local.get $y) (local.get $pad)))
    (local.set $difference
      (v128.and
        (v128.xor (v128.load align=1 (local.get $x)) (v128.load align=1 (local.get $y)))
        (call $from_column (local.get $pad))))
    (loop $vectors
      (if (v128.any_true (local.get $difference)) (then (return (i32.const 0))))
      (local.set $x (i32.add (local.get $x) (i32.const 16)))
      (local.set $y (i32.add (local.get $y) (i32.const 16)))
      (if (i32.ne (local.get $x) (local.get $stop))
        (then
          (local.set $difference (v128.xor (v128.load align=1 (local.get $x)) (v128.load align=1 (local.get $y))))
          (br $vectors))))
    (i32.const 1))

;; include kernel-znodes.wat
)
