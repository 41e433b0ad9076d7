// Files of the library, altered by a recipe (recipe.hpp), through everything that reads them.
#pragma once

#include <string>

#include "target.hpp"

namespace saddleflow::fuzz {

/// Run files of sf-flow, sf-kkt and sf-skeleton: all readers, the report, the exports, sf-evaluate, --resume.
void run_run_file(const std::string& input);
std::string alter_run_file(const std::string& input, std::size_t most, Dice& dice);

/// Files of sf-saddles: the same, and runs that begin beside a critical point.
void run_saddles(const std::string& input);
std::string alter_saddles(const std::string& input, std::size_t most, Dice& dice);

/// Files of sf-pursuit: the same, and the pursuit that goes on from them.
void run_pursuit_file(const std::string& input);
std::string alter_pursuit_file(const std::string& input, std::size_t most, Dice& dice);

/// Checkpoints, and --resume with them. Two more steps, of which the last one counts: "seal none" (the
/// default), "seal again" and "seal stale", and "sum none", "sum again", "sum stale" (the default) for the
/// checksum of its numbers; and "flip 1234 8" for a byte of the sealed file, which must then be refused.
void run_checkpoint(const std::string& input);
std::string alter_checkpoint(const std::string& input, std::size_t most, Dice& dice);

}  // namespace saddleflow::fuzz
