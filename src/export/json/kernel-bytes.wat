;; Bytes as base64 and as hex. A part of kernel.wat, which includes it.

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
