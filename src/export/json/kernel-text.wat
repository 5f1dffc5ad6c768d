;; Text: JSON strings from UTF-8, and the tables that it takes. A part of kernel.wat, which includes it.

  ;; What a JSON string has between its quotes for the bytes of UTF-8 at from[0, length). 0 where they are not valid
  ;; UTF-8, or (if `printable` is 1, not 0) hold a control character other than tab and the ends of lines. Characters
  ;; that do not show as themselves are escaped, see $hidden.
  ;;
  ;; Sixteen bytes at once, also where some are quotes and backslashes: JSON in JSON is full of them. What else needs a
  ;; look has it alone.
  (func $text (export "text")
    (param $to i32) (param $from i32) (param $length i32) (param $printable i32) (result i32)
    (local $stop i32) (local $plain i32) (local $left i32) (local $quotes i32) (local $word i32) (local $code i32)
    (local $escape i64)
    (local $v v128) (local $plain_bytes v128)
    (local.set $stop (i32.add (local.get $from) (local.get $length)))
    ;; Plain is what is from 0x20 to 0x7e.
    (local.set $plain_bytes (i8x16.splat (i32.const 0x5f)))
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
        ;; Only after these first bytes there are any: C2, CD, D8, DB, DC, E0 to E3, EF, F0, F3.
        (local.set $code (i32.const 0))
        (if
          (i32.wrap_i64
            (i64.and
              (i64.shr_u (i64.const 0x0009800f19002004) (i64.extend_i32_u (i32.and (local.get $word) (i32.const 0x3f))))
              (i64.const 1)))
          (then (local.set $code (call $hidden (call $code_point (local.get $word) (local.get $length))))))
        (if (local.get $code)
          (then (local.set $to (call $escaped (local.get $to) (local.get $code))))
          (else
            (i32.store align=1 (local.get $to) (local.get $word))
            (local.set $to (i32.add (local.get $to) (local.get $length)))))
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

  ;; The code point of a sequence of `length` bytes, as $sequence has them.
  (func $code_point (param $word i32) (param $length i32) (result i32)
    (local $low i32)
    ;; The bytes behind the first, six bits each.
    (local.set $low (i32.and (i32.shr_u (local.get $word) (i32.const 8)) (i32.const 0x3f)))
    (if (i32.eq (local.get $length) (i32.const 2))
      (then
        (return
          (i32.or (i32.shl (i32.and (local.get $word) (i32.const 0x1f)) (i32.const 6)) (local.get $low)))))
    (local.set $low
      (i32.or
        (i32.shl (local.get $low) (i32.const 6))
        (i32.and (i32.shr_u (local.get $word) (i32.const 16)) (i32.const 0x3f))))
    (if (i32.eq (local.get $length) (i32.const 3))
      (then
        (return
          (i32.or (i32.shl (i32.and (local.get $word) (i32.const 0x0f)) (i32.const 12)) (local.get $low)))))
    (i32.or
      (i32.or
        (i32.shl (i32.and (local.get $word) (i32.const 0x07)) (i32.const 18))
        (i32.shl (local.get $low) (i32.const 6)))
      (i32.and (i32.shr_u (local.get $word) (i32.const 24)) (i32.const 0x3f))))

  ;; A character beyond ASCII that does not show as itself: src/text/unsafe.ts says which. 0 for any other. The ranges
  ;; lie at 512, each as its first and its last, in rising order. Most text is in none of the parts that have some.
  (func $hidden (param $code i32) (result i32)
    (local $at i32)
    (if
      (i32.or
        (i32.or
          (i32.lt_u (i32.sub (local.get $code) (i32.const 0xae)) (i32.const 0x2a1)) ;; to U+034E
          (i32.lt_u (i32.sub (local.get $code) (i32.const 0x2070)) (i32.const 0x10f4))) ;; to U+3163
        (i32.or
          (i32.lt_u (i32.sub (local.get $code) (i32.const 0x3165)) (i32.const 0xcc9b)) ;; to U+FDFF
          (i32.lt_u (i32.sub (local.get $code) (i32.const 0x1d17b)) (i32.const 0xc2e85)))) ;; to U+DFFFF
      (then (return (i32.const 0))))
    (local.set $at (i32.const 512))
    (loop $ranges
      (if (i32.le_u (local.get $code) (i32.load offset=4 (local.get $at)))
        (then
          (return
            (select
              (local.get $code)
              (i32.const 0)
              (i32.ge_u (local.get $code) (i32.load (local.get $at)))))))
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (br $ranges))
    (unreachable))

  ;; A character as \u202e, one beyond U+FFFF as the two halves of its surrogate pair.
  (func $escaped (param $to i32) (param $code i32) (result i32)
    (if (i32.ge_u (local.get $code) (i32.const 0x10000))
      (then
        (local.set $code (i32.sub (local.get $code) (i32.const 0x10000)))
        (local.set $to
          (call $unit (local.get $to) (i32.or (i32.const 0xd800) (i32.shr_u (local.get $code) (i32.const 10)))))
        (local.set $code (i32.or (i32.const 0xdc00) (i32.and (local.get $code) (i32.const 0x3ff))))))
    (call $unit (local.get $to) (local.get $code)))

  (func $unit (param $to i32) (param $unit i32) (result i32)
    (i32.store16 align=1 (local.get $to) (i32.const 0x755c))
    (i32.store8 offset=2 (local.get $to)
      (i32.load8_u offset=16 (i32.shr_u (local.get $unit) (i32.const 12))))
    (i32.store8 offset=3 (local.get $to)
      (i32.load8_u offset=16 (i32.and (i32.shr_u (local.get $unit) (i32.const 8)) (i32.const 0x0f))))
    (i32.store8 offset=4 (local.get $to)
      (i32.load8_u offset=16 (i32.and (i32.shr_u (local.get $unit) (i32.const 4)) (i32.const 0x0f))))
    (i32.store8 offset=5 (local.get $to)
      (i32.load8_u offset=16 (i32.and (local.get $unit) (i32.const 0x0f))))
    (i32.add (local.get $to) (i32.const 6)))

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
    (i64.store (i32.const 2040) (i64.const 0x060166373030755c))) ;; DEL, which is not printable: \u007f
