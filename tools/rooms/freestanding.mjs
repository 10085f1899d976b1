// SPDX-License-Identifier: Apache-2.0
// What a room marked !freestanding may include of the standard library: what needs no heap,
// no exception, no operating system. A list of what is allowed, because a list of what is
// forbidden is never whole. tools/freestanding_check.sh holds the objects to the same.
export const kFreestandingHeaders = new Set(['algorithm', 'array', 'bit', 'charconv', 'chrono', 'climits', 'compare',
  'concepts', 'cstddef', 'cstdint', 'cstring', 'initializer_list', 'iterator', 'limits', 'new', 'numeric', 'optional',
  'span', 'string_view', 'tuple', 'type_traits', 'utility', 'variant', 'version']);
