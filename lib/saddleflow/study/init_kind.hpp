// The kinds of initial weights, and the keys of [init].
#pragma once

#include <string>
#include <vector>

#include "saddleflow/base/key.hpp"
#include "saddleflow/base/named_enum.hpp"
#include "saddleflow/study/study_table.hpp"

namespace saddleflow {

/// Where w(0) comes from.
enum class InitKind {
  gaussian,
  sphere,
  balanced,
  low_rank,
  aligned,
  given,
  file,
  run,
  saddle,
  standard,
  ntk,
  mean_field,
  mup,
  width_scaled
};

template <>
inline constexpr auto enum_table<InitKind> = named_enum<InitKind>("initial weights",
                                                                  {{InitKind::gaussian, "gaussian"},
                                                                   {InitKind::sphere, "sphere"},
                                                                   {InitKind::balanced, "balanced"},
                                                                   {InitKind::low_rank, "low_rank"},
                                                                   {InitKind::aligned, "aligned"},
                                                                   {InitKind::given, "given"},
                                                                   {InitKind::file, "file"},
                                                                   {InitKind::run, "run"},
                                                                   {InitKind::saddle, "saddle"},
                                                                   {InitKind::standard, "standard"},
                                                                   {InitKind::ntk, "ntk"},
                                                                   {InitKind::mean_field, "mean_field"},
                                                                   {InitKind::mup, "mup"},
                                                                   {InitKind::width_scaled, "width_scaled"}});

/// Rows of the table of keys.
std::vector<Key> init_keys();

/// The keys that kinds other than this one read and it does not.
std::vector<std::string> init_keys_of_others(InitKind kind);

/// InputError for a key that the study gives and that its init.kind has no use for: "init.rank: is a key of
/// init.kind = low_rank and aligned, found gaussian". Keys with a default are not looked at.
void check_init_keys(const StudyTable& study);

}  // namespace saddleflow
