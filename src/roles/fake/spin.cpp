// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// Preloaded into a real torpord by roles_test: the first durable write of a cycle report never
// comes back and burns a processor, as a bug or a broken disk driver would.
extern "C" int fdatasync(int) {
  for (volatile unsigned long turns = 0;;) turns = turns + 1;
}
