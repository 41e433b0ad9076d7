// Whole files, made by the library's own jobs when they are first asked for: what the recipes (recipe.hpp)
// alter.
#pragma once

#include <string>
#include <vector>

namespace saddleflow::fuzz {

/// "smooth": a run of squared ReLUs. "kinked": one of ReLUs, with sliding, margins and a test set. "kkt",
/// "saddles": the smooth run with these tables. "limit": critical points without a run. "pursuit": a network
/// that grows. "skeleton": a sequence of saddles. "started", "checkpoint": the smooth run after some steps,
/// and its state there. The bytes of the file; std::out_of_range for another name.
const std::string& base_file(const std::string& name);

/// The study of the smooth run.
const std::string& smooth_study();

}  // namespace saddleflow::fuzz
