// Texts of a few dozen bytes, sixteen bytes at a time.

#pragma once

#ifdef __SSE2__
typedef char vector_bytes __attribute__((__vector_size__(16)));
typedef signed char vector_signed_bytes __attribute__((__vector_size__(16)));

// Of each byte a bit: whether it leads a common character of three, is one that may follow a lead, is not ASCII.
typedef struct { unsigned long long leads, tails, others; } vector_text_marks;

static inline vector_text_marks vector_marks(vector_bytes text) {
    vector_signed_bytes bytes = (vector_signed_bytes)text;
    vector_signed_bytes leads = ((bytes & (signed char)0xf0) == (signed char)0xe0) & (bytes != (signed char)0xe0) & (bytes != (signed char)0xed);
    return (vector_text_marks){
        (unsigned)__builtin_ia32_pmovmskb128((vector_bytes)leads),
        (unsigned)__builtin_ia32_pmovmskb128((vector_bytes)(bytes < (signed char)-64)),
        (unsigned)__builtin_ia32_pmovmskb128(text),
    };
}
#endif

// Copies a text of 16 to 64 bytes, and says whether it is of ASCII and the common characters of three bytes alone, as nearly all names are:
// lead E1 to EF but ED, then two of 80 to BF. What is not may be UTF-8 all the same: that is for a slower look, as all texts are on processors without
// SSE2, where nothing is copied.
static inline _Bool vector_copy_common_text(unsigned char *to, const unsigned char *from, long count) {
#ifdef __SSE2__
    typedef vector_bytes anywhere __attribute__((__aligned__(1)));
    vector_text_marks all = {0, 0, 0};
    for (long at = 0, last = count - 16;; at += 16) {
        // The last sixteen may be the same in part as those before them.
        if (at > last) at = last;
        vector_bytes next = *(const anywhere *)(from + at);
        *(anywhere *)(to + at) = next;
        vector_text_marks marks = vector_marks(next);
        all.leads |= marks.leads << at;
        all.tails |= marks.tails << at;
        all.others |= marks.others << at;
        if (at == last) break;
    }
    // Each byte that is not ASCII is a lead or a tail, each lead has its two tails, and none of them would stand behind the end.
    return all.others == (all.leads | all.tails) && all.tails == (all.leads << 1 | all.leads << 2) && all.leads >> 62 == 0;
#else
    (void)to, (void)from, (void)count;
    return 0;
#endif
}
