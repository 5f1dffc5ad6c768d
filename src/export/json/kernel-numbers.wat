;; Numbers and times, and how they lie in a record: big-endian. A part of kernel.wat, which includes it.

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
