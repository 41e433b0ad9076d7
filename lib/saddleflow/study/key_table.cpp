#include "saddleflow/study/key_table.hpp"

#include <algorithm>
#include <iterator>
#include <utility>
#include "saddleflow/network/families.hpp"
#include "saddleflow/ode/stepper/stepper.hpp"
#include "saddleflow/problem/data_generators.hpp"
#include "saddleflow/problem/loss_registry.hpp"
#include "saddleflow/study/flow_setup.hpp"
#include "saddleflow/study/initial_weights.hpp"
#include "saddleflow/study/matrix_data.hpp"
#include "saddleflow/study/saddle_start.hpp"
#include "saddleflow/study/tool_keys.hpp"

namespace saddleflow {

namespace {

std::string loss_help() {
  std::string help;
  for (const LossEntry& loss : loss_functions())
    help += (help.empty() ? "" : "; ") + loss.name + ": " + loss.help;
  return help;
}

std::vector<std::string> loss_choices() {
  std::vector<std::string> names;
  for (const LossEntry& loss : loss_functions()) names.push_back(loss.name);
  return names;
}

std::vector<std::string> family_kinds() {
  std::vector<std::string> kinds;
  for (const NetworkFamily& family : network_families()) kinds.push_back(family.kind);
  return kinds;
}

/// "inputs, hidden widths ..., outputs; power_sum: inputs, width; ...".
std::string layers_of_families() {
  std::string doc;
  for (const NetworkFamily& family : network_families())
    doc += doc.empty() ? family.layers : "; " + family.kind + ": " + family.layers;
  return doc;
}

/// Generators of inputs, then problems of matrices.
std::vector<std::string> input_names() {
  std::vector<std::string> all = names<InputKind>();
  const std::vector<std::string> problems = matrix_problem_names();
  all.insert(all.end(), problems.begin(), problems.end());
  return all;
}

/// The keys that single families have, behind the others of [network]; one that two families share, once.
void insert_family_keys(std::vector<Key>& keys) {
  auto place = std::find_if(keys.begin(), keys.end(), [](const Key& key) { return key.path == "data.file"; });
  for (const NetworkFamily& family : network_families())
    for (Key key : family.keys) {
      key.path = "network." + key.path;
      const auto same = [&](const Key& other) { return other.path == key.path; };
      if (std::none_of(keys.begin(), keys.end(), same)) place = std::next(keys.insert(place, std::move(key)));
    }
}

std::vector<Key> common_keys() {
  using enum KeyType;
  return {
      {"title", text, "\"\"", "what the study is about; shown in tables and reports", {}, ""},

      {"network.kind", text, "\"feed_forward\"", "family of networks", family_kinds(), ""},
      {"network.layers", integers, "", layers_of_families(), {}, ">= 1"},
      {"network.slope", real, "0.0", "alpha of the activation max(s, alpha s)^p, -1..1", {}, "-1..1"},
      {"network.bias",
       text,
       "\"none\"",
       "first: one more input that is 1 for every sample, beyond those of network.layers; its weights are "
       "the "
       "biases of the first layer",
       {"none", "first"},
       ""},
      {"network.power", integer, "2", "p of the activation max(s, alpha s)^p", {}, "1..16"},

      {"data.file",
       path,
       "",
       "instead of a generator: CSV (header x1,...,xd,y1,...,yk), HDF5, or NumPy's .npz or .npy (a table "
       "whose "
       "first columns are the inputs); relative to the study file, in --set to the current folder",
       {},
       ""},
      {"data.test_file",
       path,
       "",
       "file: another one of the same form, the test set; standardised as the training set is",
       {},
       ""},
      {"data.drop_gaps",
       boolean,
       "false",
       "file: leave out rows with gaps, and count them; a gap is an empty cell, NaN, NA, N/A, null, None or "
       "?",
       {},
       ""},
      {"data.standardise",
       boolean,
       "false",
       "file: every column of the training set to mean 0 and variance 1 (a constant one to 0); targets that "
       "are classes stay",
       {},
       ""},
      {"data.inputs", text, "\"sphere\"",
       "generator of the inputs; the last four are problems of matrices with targets of their own",
       input_names(), ""},
      {"data.samples", integer, "100", "number of samples n", {}, ">= 1"},
      {"data.seed", integer, "1", "seed of inputs, targets and noise", {}, ">= 0"},
      {"data.scale", real, "1.0", "multiplies the generated inputs", {}, "> 0"},
      {"data.offset", real, "0.0", "circle: angle of the first input, in radians", {}, ""},
      {"data.noise", real, "0.0", "standard deviation of Gaussian noise on the targets", {}, ">= 0"},
      {"data.test_samples",
       integer,
       "0",
       "generators: further samples, without noise, that are the test set",
       {},
       ">= 0"},
      {"data.test_fraction",
       real,
       "0.0",
       "file: part of the rows, drawn with data.seed, that is the test set",
       {},
       "0..1"},
      {"data.targets", text, "\"teacher\"",
       "generator of the targets; classes: the class of the largest output of the teacher as a one-hot "
       "column, its "
       "sign (-1 or +1) for one output",
       names<TargetKind>(), ""},
      {"data.array.inputs", text, "\"inputs\"", "HDF5, .npz: name of the inputs, one sample a row", {}, ""},
      {"data.array.targets", text, "\"targets\"", "HDF5, .npz: name of the targets", {}, ""},
      {"data.teacher.hidden", integers, "[3]", "teacher: hidden widths", {}, ">= 1"},
      {"data.teacher.slope", real, "", "teacher: slope (default: the network's)", {}, "-1..1"},
      {"data.teacher.power", integer, "", "teacher: power (default: the network's)", {}, "1..16"},
      {"data.teacher.scale", real, "1.0", "teacher: factor on its outputs", {}, ""},
      {"data.teacher.outer",
       reals,
       "",
       "teacher: outer weights, column by column (default: random signs)",
       {},
       ""},
      {"data.teacher.weights",
       reals,
       "",
       "teacher: all weights, layer after layer, column by column",
       {},
       ""},
      {"data.teacher_sum.vectors",
       matrix,
       "",
       "teacher_sum: one v_k a row, y = sum_k c_k sigma(v_k . x)",
       {},
       ""},
      {"data.teacher_sum.coefficients", reals, "", "teacher_sum: the c_k", {}, ""},
      {"data.teacher_sum.slope", real, "", "teacher_sum: slope (default: the network's)", {}, "-1..1"},
      {"data.teacher_sum.power", integer, "", "teacher_sum: power (default: the network's)", {}, "1..16"},
      {"data.sparse_polynomial[].coefficient", real, "1.0", "coefficient of one monomial", {}, ""},
      {"data.sparse_polynomial[].coordinates",
       integers,
       "",
       "its coordinates, counted from 1, repeats allowed",
       {},
       ">= 1"},
      {"data.linear.matrix", matrix, "", "linear: Sigma, y = Sigma x, one output a row", {}, ""},
      {"data.matrix.rows",
       integer,
       "",
       "sensing, completion: rows of a sample (default: as many as columns)",
       {},
       ">= 1"},
      {"data.matrix.values",
       reals,
       "",
       "sensing, completion: singular values of the matrix that is sought",
       {},
       ""},
      {"data.matrix.symmetric",
       boolean,
       "false",
       "sensing, completion: a symmetric matrix (values: its eigenvalues) by symmetric measurements",
       {},
       ""},
      {"data.matrix.given", matrix, "", "sensing, completion: the matrix itself", {}, ""},
      {"data.in_context.context", integer, "10", "in_context: pairs (x, y) in a prompt", {}, ">= 1"},
      {"data.in_context.eigenvalues",
       reals,
       "[1.0]",
       "in_context: variances of independent tokens",
       {},
       "> 0"},
      {"data.in_context.covariance", matrix, "", "in_context: covariance of the tokens instead", {}, ""},
      {"data.given.inputs", matrix, "", "given: one sample a row", {}, ""},
      {"data.given.targets", matrix, "", "given: one sample a row", {}, ""},

      {"loss.kind", text, "\"square\"", loss_help(), loss_choices(), ""},
      {"loss.reduction", text, "\"sum\"", "over samples; mean rescales time by n", {"sum", "mean"}, ""},

      {"init.kind", text, "\"gaussian\"",
       "direction of w(0): iid normal; a uniform direction a neuron, all of one "
       "size; gaussian with all balances 0; given; from a file; from another run; saddle: a stored critical "
       "point and init.scale times a random unit vector of its zero neurons' weights; standard: iid normal "
       "of "
       "variance 2/fan-in (1/fan-in in the last layer), whatever init.scale",
       names<InitKind>(), ""},
      {"init.scale", real, "1e-3", "delta = norm of w(0)", {}, "> 0"},
      {"init.keep_norm",
       boolean,
       "false",
       "given, file, run: take the weights as they are, ignore init.scale",
       {},
       ""},
      {"init.seed", integer, "1", "seed of the direction", {}, ">= 0"},
      {"init.weights", reals, "", "given: all weights, layer after layer, column by column", {}, ""},
      {"init.file",
       path,
       "",
       "file: text file with one weight a line; run: a run file; saddle: a file of sf-saddles; relative to "
       "the study file, in --set to the current folder",
       {},
       ""},
      {"init.row", integer, "1", "saddle: row of the table of critical points, from 1", {}, ">= 1"},
      {"init.escape",
       integer,
       "0",
       "saddle: along this way down of the point, from 1; 0: random",
       {},
       ">= 0"},
      {"init.sign", text, "\"+\"", "saddle: side of the direction", names<StartSign>(), ""},
      {"init.direction",
       text,
       "",
       "saddle: text file with a direction, one weight a line; relative to the study file",
       {},
       ""},
      {"init.snapshot", integer, "-1", "run: row of its weights; -1 is the last", {}, ">= -1"},

      {"flow.t_end", real, "100.0", "end time", {}, "> 0"},
      {"flow.t_end_from", text, "\"start\"",
       "what t_end counts from; escape: leaving the polar chart, whose time may have no number",
       names<EndFrom>(), ""},
      {"flow.rtol", real, "1e-8", "relative tolerance of the local error", {}, "1e-17..0.1"},
      {"flow.stepper",
       text,
       "\"auto\"",
       "auto: dopri5, dop853 if polynomial; rodas5p where stiff (rkc2, rtol >= 1e-10, when large)",
       {},
       "",
       stepper_names},
      {"flow.chart", text, "\"auto\"",
       "coordinates of the flow; auto: polar near the origin, else cartesian; of degree 1 cartesian always",
       names<FlowAssemblyOptions::Charts>(), ""},
      {"flow.kinks", text, "\"auto\"",
       "auto: followed for power 1, with sliding, else located where they matter; locate: all of them",
       names<FlowAssemblyOptions::Kinks>(), ""},
      {"flow.max_steps", integer, "10000000", "stop after this many accepted steps", {}, ">= 1"},
      {"flow.max_step", real, "0.0", "longest step, in time; 0: none", {}, ">= 0"},
      {"flow.dense_limit", integer, "2000", "auto: rkc2 above this many weights", {}, ">= 0"},
      {"flow.theta", real, "0.1", "error scale |w_i| + theta * rms(neuron of i)", {}, ">= 0"},
      {"flow.kappa",
       real,
       "0.1",
       "error of a step at most kappa sqrt(rtol) of the way it went; 0: any",
       {},
       ">= 0"},
      {"flow.floor", real, "1e-280", "weights below this times rms(w) are not resolved", {}, ">= 0"},

      {"events.escape.by", texts, "[\"loss\"]", "origin escape: loss drop, norm reached, direction settled",
       names<EscapeBy>(), ""},
      {"events.escape.fraction", real, "0.1", "loss: fallen by this fraction of L(0)", {}, "0..1"},
      {"events.escape.norm", real, "1.0", "norm: |w| has risen to this", {}, "> 0"},
      {"events.escape.angle",
       real,
       "0.01",
       "direction: sine between w and -grad L has fallen to this",
       {},
       "> 0"},
      {"events.escape.terminal", boolean, "false", "stop at the escape", {}, ""},
      {"events.saddle.enabled", boolean, "true", "look for saddle visits", {}, ""},
      {"events.saddle.enter",
       real,
       "1e-2",
       "a close visit begins where the proximity r falls below this",
       {},
       "> 0"},
      {"events.saddle.leave", real, "2e-2", "and ends where r rises above this", {}, "> 0"},
      {"events.saddle.prominence",
       real,
       "2.0",
       "a dip of r is a visit where r is larger by this factor before and after; 0: close visits only",
       {},
       ">= 0"},
      {"events.saddle.stop_after", integer, "0", "stop when so many visits have ended; 0: never", {}, ">= 0"},
      {"events.steady.enabled", boolean, "true", "look for the steady state", {}, ""},
      {"events.steady.threshold", real, "1e-7", "steady where r falls below this", {}, "> 0"},
      {"events.steady.terminal", boolean, "false", "stop there (a saddle may look steady for long)", {}, ""},
      {"events.level[].quantity",
       text,
       "",
       "level crossing of a recorded quantity: loss, gradient_norm, weight_norm, "
       "proximity, kkt_residual, balance_drift, energy_drift, layer_norm[l], neuron_norm[k]",
       {},
       ""},
      {"events.level[].value", real, "", "the level", {}, ""},
      {"events.level[].direction", text, "\"either\"", "direction of the crossing", names<Direction>(), ""},
      {"events.level[].terminal", boolean, "false", "stop at the crossing", {}, ""},
      {"events.level[].cooldown", real, "0.0", "blind for this long after a crossing", {}, ">= 0"},

      {"output.weights",
       weights,
       "\"thinned\"",
       "snapshots of the weights: thinned (where they have moved by a fiftieth, some hundreds in all), all, "
       "events, "
       "{every = k}, {times = [...]}; "
       "initial, final and events always",
       {},
       ""},
      {"output.singular_values",
       boolean,
       "true",
       "with every snapshot the singular values of the weight matrices and of their product, and the "
       "effective "
       "widths",
       {},
       ""},
      {"output.checkpoint_seconds", real, "1.0", "wall time between flushes and checkpoints", {}, "> 0"},

      {"verify.bound",
       real,
       "0.0",
       "--verify: largest path error; 0: the larger of 1e-3 and 1e4 flow.rtol",
       {},
       ">= 0"},
      {"verify.balance",
       real,
       "0.0",
       "the run stops where a neuron's balance drifts further; 0: the larger of 1e-6 and 1e4 flow.rtol",
       {},
       ">= 0"},
      {"verify.energy",
       real,
       "0.0",
       "the same of the energy identity; 0: the larger of 1e-6 and 1e4 flow.rtol",
       {},
       ">= 0"},
      {"verify.loss_rise",
       real,
       "0.0",
       "the same of a rise of the loss in a step, over L(0), or over the loss before it where the infimum of "
       "the "
       "loss is not attained; 0: the larger of 1e-10 and flow.rtol",
       {},
       ">= 0"},
  };
}

}  // namespace

std::vector<Key> key_table() {
  std::vector<Key> keys = common_keys();
  insert_family_keys(keys);
  const std::vector<Key> of_tools = tool_keys();
  keys.insert(keys.end(), of_tools.begin(), of_tools.end());
  return keys;
}

}  // namespace saddleflow
