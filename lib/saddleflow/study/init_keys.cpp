// [init] of a study.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string>

#include "saddleflow/study/init_kind.hpp"
#include "saddleflow/study/saddle_start.hpp"

namespace saddleflow {

namespace {

/// A key without a default, and the kinds that read it.
struct KeyOfKinds {
  const char* path;
  std::vector<InitKind> kinds;
};

std::vector<KeyOfKinds> keys_of_kinds() {
  using enum InitKind;
  return {{"init.weights", {given}},
          {"init.file", {file, run, saddle}},
          {"init.direction", {saddle}},
          {"init.moved", {saddle}},
          {"init.rank", {low_rank, aligned}},
          {"init.perturbation", {low_rank, aligned, given, file, run, saddle}},
          {"init.layer_scales", {gaussian, sphere, low_rank}},
          {"init.added_scale", {run, saddle}},
          {"init.gamma", {width_scaled}}};
}

std::vector<Key> keys_of_structure() {
  using enum KeyType;
  return {
      {"init.rank",
       integer,
       "",
       "low_rank: rank of every weight matrix (default 1); a matrix with a smaller side has the rank of that "
       "side. aligned: number of modes of a linear network, or of different directions of neurons (default: "
       "all)",
       {},
       ">= 1"},
      {"init.perturbation",
       real,
       "",
       "Gaussian noise, as a multiple of the norm of what it is added to; low_rank: of every matrix by "
       "itself; "
       "aligned, given, file, run: of all weights, before init.scale applies; saddle: the distance from the "
       "point is this times its norm, instead of init.scale",
       {},
       ">= 0"},
      {"init.layer_scales",
       reals,
       "",
       "gaussian, sphere, low_rank: norms of the layers of weights relative to one another, one number for "
       "each layer, first layer first; the norm of all weights remains init.scale",
       {},
       ">= 0"},
      {"init.gamma",
       real,
       "",
       "width_scaled: exponent of the variance width^-gamma; a linear network starts near a saddle if it is "
       "more than 1",
       {},
       ""},
  };
}

}  // namespace

std::vector<Key> init_keys() {
  using enum KeyType;
  std::vector<Key> keys{
      {"init.kind", text, "\"gaussian\"",
       "choice of w(0); gaussian: independent normal weights; sphere: a uniformly distributed direction for "
       "each neuron, all with the same norm; balanced: gaussian with all balances 0; low_rank: matrices of "
       "rank init.rank with random factors; aligned: linear networks: balanced, with the singular vectors of "
       "the correlation of inputs and targets, all modes of one size; networks with one hidden layer: every "
       "neuron at a KKT point of its correlation function; given: init.weights; file, run: weights from a "
       "file or from another run; saddle: a stored critical point plus init.scale times a random unit vector "
       "of the weights of its zero neurons. The others ignore init.scale; standard: independent normal "
       "weights of variance 2/fan-in (1/fan-in in the last layer); ntk: 1/fan-in; mean_field, mup: 1/fan-in "
       "and 1/fan-in^2 in the last layer; width_scaled: width^-gamma",
       names<InitKind>(), ""},
      {"init.scale", real, "1e-3", "delta, the norm of w(0)", {}, "> 0"},
      {"init.keep_norm",
       boolean,
       "false",
       "given, file, run: use the weights as they are and ignore init.scale",
       {},
       ""},
      {"init.seed", integer, "1", "seed of the random direction", {}, ">= 0"},
      {"init.weights", reals, "", "given: all weights, layer by layer, each matrix column by column", {}, ""},
      {"init.file",
       path,
       "",
       "file: a text file with one weight per line; run: a run file; saddle: a file written by sf-saddles; "
       "the path is relative to the study's folder, in --set it is relative to the current folder",
       {},
       ""},
      {"init.row", integer, "1", "saddle: row of the table of critical points, counted from 1", {}, ">= 1"},
      {"init.escape",
       integer,
       "0",
       "saddle: number of the way down along which the flow starts, counted from 1; 0: a random direction",
       {},
       ">= 0"},
      {"init.sign", text, "\"+\"", "saddle: side of that direction on which the flow starts",
       names<StartSign>(), ""},
      {"init.direction",
       text,
       "",
       "saddle: text file with a direction, one weight per line; the path is relative to the study's folder",
       {},
       ""},
      {"init.moved", text, "",
       "saddle: the weights that the random vector moves: those of the zero neurons, those of the others "
       "(kept), or all (default: zero, and all if there is no zero neuron)",
       names<MovedWeights>(), ""},
      {"init.snapshot",
       integer,
       "-1",
       "run: row of its weights, counted from 0; -1 is the last one",
       {},
       ">= -1"},
      {"init.added_scale",
       real,
       "",
       "run, saddle: the network has more hidden neurons than that of the file; the weights of the others "
       "are "
       "as in the run (needs init.keep_norm), or those beside the critical point; those of the additional "
       "neurons are Gaussian with this norm",
       {},
       "> 0"},
  };
  const std::vector<Key> structure = keys_of_structure();
  keys.insert(keys.end(), structure.begin(), structure.end());
  return keys;
}

std::vector<std::string> init_keys_of_others(InitKind kind) {
  std::vector<std::string> paths;
  for (const KeyOfKinds& key : keys_of_kinds())
    if (std::find(key.kinds.begin(), key.kinds.end(), kind) == key.kinds.end()) paths.emplace_back(key.path);
  return paths;
}

void check_init_keys(const StudyTable& study) {
  const auto found = study.choice<InitKind>("init.kind");
  for (const KeyOfKinds& key : keys_of_kinds()) {
    if (!study.has(key.path) || std::find(key.kinds.begin(), key.kinds.end(), found) != key.kinds.end())
      continue;
    std::vector<std::string_view> words;
    for (const InitKind kind : key.kinds) words.push_back(name_of(kind));
    study.fail(key.path,
               fmt::format("is for init.kind = {}, found \"{}\"", fmt::join(words, ", "), name_of(found)));
  }
}

}  // namespace saddleflow
