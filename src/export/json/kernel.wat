;; JSON as bytes: the inner loops of zkrewind's exports. What is to be written lies in this module's memory, and so does
;; what is written; json-bytes.ts copies the one in and hands the other on.
;;
;; Memory layout (json-kernel.ts repeats what it needs):
;;       0 ..  1023   digits, the base64 alphabet's offsets, the last day's text, ranges of hidden characters
;;    1024 ..  2047   how each byte of ASCII is written: eight bytes each, see $text
;;    2048 ..  4095   keys and punctuation, in slots of 16 bytes: made from kernel-keys.ts
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
  ;; See $hidden: the first and the last of each range; the last range is beyond Unicode.
  (data (i32.const 512)
    "\80\00\00\00\9f\00\00\00" "\ad\00\00\00\ad\00\00\00"
    "\4f\03\00\00\4f\03\00\00" "\00\06\00\00\05\06\00\00"
    "\1c\06\00\00\1c\06\00\00" "\dd\06\00\00\dd\06\00\00"
    "\0f\07\00\00\0f\07\00\00" "\90\08\00\00\91\08\00\00"
    "\e2\08\00\00\e2\08\00\00" "\5f\11\00\00\60\11\00\00"
    "\b4\17\00\00\b5\17\00\00" "\0b\18\00\00\0f\18\00\00"
    "\0b\20\00\00\0f\20\00\00" "\28\20\00\00\2e\20\00\00"
    "\60\20\00\00\6f\20\00\00" "\64\31\00\00\64\31\00\00"
    "\00\fe\00\00\0f\fe\00\00" "\ff\fe\00\00\ff\fe\00\00"
    "\a0\ff\00\00\a0\ff\00\00" "\f0\ff\00\00\fb\ff\00\00"
    "\bd\10\01\00\bd\10\01\00" "\cd\10\01\00\cd\10\01\00"
    "\30\34\01\00\3f\34\01\00" "\a0\bc\01\00\a3\bc\01\00"
    "\73\d1\01\00\7a\d1\01\00" "\00\00\0e\00\ff\0f\0e\00"
    "\00\00\11\00\ff\ff\ff\7f")
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

  ;; keys at 2048

  ;; include kernel-records.wat
  ;; include kernel-text.wat
  ;; include kernel-bytes.wat
  ;; include kernel-numbers.wat
)
