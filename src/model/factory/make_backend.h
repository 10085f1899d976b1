// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include "model/backend_request.h"

namespace torpor {

// The backend of this name. usage: there is none; else as its own make function.
Result<std::unique_ptr<Backend>> make_backend(std::string_view name, const BackendRequest& request);

}  // namespace torpor
