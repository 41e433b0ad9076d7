// A plain problem as a study that sf-flow can run, and the right end beside it.
#pragma once

#include <filesystem>

#include "arbiter/gradient_descent.hpp"

namespace saddleflow::test {

/// Writes study.toml and right.json (time, loss, weights, error, tolerance) into `folder`, which is made.
void write_study(const std::filesystem::path& folder, const std::string& comment, const PlainProblem& problem,
                 double rtol, const Arbiter& right, double tolerance);

}  // namespace saddleflow::test
