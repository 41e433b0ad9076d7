#include "saddleflow/study/key_table.hpp"

#include <algorithm>
#include <iterator>
#include <utility>
#include "saddleflow/network/families.hpp"
#include "saddleflow/ode/stepper/stepper.hpp"
#include "saddleflow/problem/data_generators.hpp"
#include "saddleflow/problem/loss_registry.hpp"
#include "saddleflow/study/flow_setup.hpp"
#include "saddleflow/study/group_data.hpp"
#include "saddleflow/study/init_kind.hpp"
#include "saddleflow/study/matrix_data.hpp"
#include "saddleflow/study/population_study.hpp"
#include "saddleflow/study/study_table.hpp"
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

/// Generators of inputs, the population, then groups and problems of matrices.
std::vector<std::string> input_names() {
  std::vector<std::string> all = names<InputKind>();
  all.emplace_back(kPopulationInputs);
  all.emplace_back(kGroupInputs);
  const std::vector<std::string> problems = matrix_problem_names();
  all.insert(all.end(), problems.begin(), problems.end());
  return all;
}

/// Keys of one section, before the key `next`.
void insert_before(std::vector<Key>& keys, const std::string& next, const std::vector<Key>& section) {
  const auto place = std::find_if(keys.begin(), keys.end(), [&](const Key& key) { return key.path == next; });
  keys.insert(place, section.begin(), section.end());
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
      {"network.slope", real, "0.0", "slope alpha of the activation max(s, alpha s)^p", {}, "-1..1"},
      {"network.bias",
       text,
       "\"none\"",
       "first: the first layer has biases; they are the weights of one more input, which is 1 for every "
       "sample and which network.layers does not count",
       {"none", "first"},
       ""},
      {"network.power", integer, "2", "power p of the activation max(s, alpha s)^p", {}, "1..16"},

      {"data.file",
       path,
       "",
       "data file, used instead of a generator: CSV (header x1,...,xd,y1,...,yk), HDF5, or NumPy's .npz or "
       ".npy (a table whose first columns are the inputs); the path is relative to the study's folder, in "
       "--set it is relative to the current folder",
       {},
       ""},
      {"data.test_file",
       path,
       "",
       "with data.file: another file of the same form, which holds the test set; it is standardised like the "
       "training set",
       {},
       ""},
      {"data.drop_gaps",
       boolean,
       "false",
       "with data.file: leave out rows with gaps and report their number; a gap is an empty cell, NaN, NA, "
       "N/A, null, None or ?",
       {},
       ""},
      {"data.standardise",
       boolean,
       "false",
       "with data.file: scale every column of the training set to mean 0 and variance 1 (a constant column "
       "becomes 0); targets that are classes stay as they are",
       {},
       ""},
      {"data.inputs", text, "\"sphere\"",
       "generator of the inputs; population: infinitely many inputs N(0, I), for one hidden layer, the "
       "square "
       "loss and targets \"teacher\" or \"teacher_sum\"; the loss is the mean over them, whatever "
       "loss.reduction is; group, and the last four, which are matrix problems, come with targets of their "
       "own",
       input_names(), ""},
      {"data.samples", integer, "100", "number of samples n", {}, ">= 1"},
      {"data.seed", integer, "1", "seed of inputs, targets and noise", {}, ">= 0"},
      {"data.scale", real, "1.0", "factor on the generated inputs", {}, "> 0"},
      {"data.offset", real, "0.0", "circle: angle of the first input, in radians", {}, ""},
      {"data.noise", real, "0.0", "standard deviation of the Gaussian noise on the targets", {}, ">= 0"},
      {"data.test_samples",
       integer,
       "0",
       "with a generator: number of additional samples, without noise, that form the test set",
       {},
       ">= 0"},
      {"data.test_fraction",
       real,
       "0.0",
       "with data.file: fraction of the rows, drawn at random with data.seed, that forms the test set",
       {},
       "0..1"},
      {"data.targets", text, "\"teacher\"",
       "generator of the targets; classes: the index of the teacher's largest output as a one-hot vector, or "
       "for one output its sign, -1 or +1",
       names<TargetKind>(), ""},
      {"data.array.inputs",
       text,
       "\"inputs\"",
       "HDF5, .npz: name of the array of inputs, one row per sample",
       {},
       ""},
      {"data.array.targets",
       text,
       "\"targets\"",
       "HDF5, .npz: name of the array of targets, one row per sample",
       {},
       ""},
      {"data.teacher.hidden", integers, "[3]", "teacher: hidden widths", {}, ">= 1"},
      {"data.teacher.slope",
       real,
       "",
       "teacher: slope of its activation (default: the network's)",
       {},
       "-1..1"},
      {"data.teacher.power",
       integer,
       "",
       "teacher: power of its activation (default: the network's)",
       {},
       "1..16"},
      {"data.teacher.scale", real, "1.0", "teacher: factor on its outputs", {}, ""},
      {"data.teacher.outer",
       reals,
       "",
       "teacher: weights of its last layer, column by column (default: random signs)",
       {},
       ""},
      {"data.teacher.weights",
       reals,
       "",
       "teacher: all its weights, layer by layer, each matrix column by column",
       {},
       ""},
      {"data.teacher_sum.vectors",
       matrix,
       "",
       "teacher_sum: the vectors v_k of y = sum_k c_k sigma(v_k . x), one per row",
       {},
       ""},
      {"data.teacher_sum.coefficients", reals, "", "teacher_sum: the coefficients c_k", {}, ""},
      {"data.teacher_sum.slope",
       real,
       "",
       "teacher_sum: slope of sigma (default: the network's)",
       {},
       "-1..1"},
      {"data.teacher_sum.power",
       integer,
       "",
       "teacher_sum: power of sigma (default: the network's)",
       {},
       "1..16"},
      {"data.sparse_polynomial[].coefficient",
       real,
       "1.0",
       "sparse_polynomial: coefficient of one monomial",
       {},
       ""},
      {"data.sparse_polynomial[].coordinates",
       integers,
       "",
       "sparse_polynomial: the coordinates whose product is the monomial, counted from 1; repeats are "
       "allowed",
       {},
       ">= 1"},
      {"data.linear.matrix",
       matrix,
       "",
       "linear: the matrix Sigma of y = Sigma x, one row per output",
       {},
       ""},
      {"data.matrix.rows",
       integer,
       "",
       "sensing, completion: number of rows of a sample (default: the number of its columns)",
       {},
       ">= 1"},
      {"data.matrix.values", reals, "", "sensing, completion: singular values of the target matrix", {}, ""},
      {"data.matrix.symmetric",
       boolean,
       "false",
       "sensing, completion: the target matrix is symmetric (data.matrix.values are its eigenvalues), and so "
       "are the measurements",
       {},
       ""},
      {"data.matrix.given", matrix, "", "sensing, completion: the target matrix itself", {}, ""},
      {"data.in_context.context",
       integer,
       "10",
       "in_context: number of pairs (x, y) in a prompt",
       {},
       ">= 1"},
      {"data.in_context.eigenvalues",
       reals,
       "[1.0]",
       "in_context: variances of the coordinates of a token, which are independent",
       {},
       "> 0"},
      {"data.in_context.covariance",
       matrix,
       "",
       "in_context: covariance matrix of the tokens, instead of the eigenvalues",
       {},
       ""},
      {"data.population.coordinates",
       text,
       "\"all\"",
       "population: coordinates of the incoming weights in the files. all: those of the inputs; span: those "
       "in "
       "an orthonormal basis of the span of teacher and start, which the file holds with the data; the cost "
       "then does not depend on the number of inputs. init.weights and init.file have all coordinates",
       {"all", "span"},
       ""},
      {"data.given.inputs", matrix, "", "given: the inputs, one row per sample", {}, ""},
      {"data.given.targets", matrix, "", "given: the targets, one row per sample", {}, ""},

      {"loss.kind", text, "\"square\"", loss_help(), loss_choices(), ""},
      {"loss.reduction",
       text,
       "\"sum\"",
       "sum or mean over the n samples; with the mean, the flow takes n times as long",
       {"sum", "mean"},
       ""},

      {"flow.t_end", real, "100.0", "end time", {}, "> 0"},
      {"flow.t_end_from", text, "\"start\"",
       "where t_end is counted from; escape: from the time at which the flow leaves the polar chart, since "
       "for tiny starts a double cannot hold that time and what follows it",
       names<EndFrom>(), ""},
      {"flow.decay",
       layer_reals,
       "0.0",
       "weight decay lambda: the flow is that of the loss plus (1/2) sum_l lambda_l |W_l|^2",
       {},
       ">= 0"},
      {"flow.rate",
       layer_reals,
       "1.0",
       "rates eta: W_l' = -eta_l grad_l L, the inverse time constants of the layers of weights",
       {},
       "> 0"},
      {"flow.neuron_rate",
       reals,
       "",
       "one number for each neuron of a feed-forward network with one hidden layer: all its weights move at "
       "this times flow.rate (default: 1)",
       {},
       "> 0"},
      {"flow.rtol", real, "1e-8", "relative tolerance of the local error", {}, "1e-17..0.1"},
      {"flow.stepper",
       text,
       "\"auto\"",
       "auto: dopri5, or dop853 if the activation is polynomial; where the flow is stiff rodas5p or "
       "rodas5p-cg "
       "by cost, or radau7 if the activation is neither polynomial nor of power 1",
       {},
       "",
       stepper_names},
      {"flow.chart", text, "\"auto\"",
       "coordinates of the flow; auto: polar near the origin and cartesian elsewhere; networks of degree 1 "
       "always use cartesian coordinates",
       names<FlowAssemblyOptions::Charts>(), ""},
      {"flow.kinks", text, "\"auto\"",
       "auto: kinks of power 1 are followed, with sliding, and kinks of higher powers are located where they "
       "affect the error; locate: all of them are located; ignore: none",
       names<FlowAssemblyOptions::Kinks>(), ""},
      {"flow.max_steps", integer, "10000000", "stop after this many accepted steps", {}, ">= 1"},
      {"flow.max_step", real, "0.0", "longest step, in flow time; 0: no limit", {}, ">= 0"},
      {"flow.dense_limit",
       integer,
       "2000",
       "stepper auto: number of weights above which no Hessian is formed and factorised",
       {},
       ">= 0"},
      {"flow.theta",
       real,
       "0.1",
       "the error of weight i is measured relative to |w_i| + theta * rms(neuron of i)",
       {},
       ">= 0"},
      {"flow.kappa",
       real,
       "0.1",
       "the error of a step is at most kappa sqrt(rtol) times the distance covered by the step; 0: no such "
       "limit",
       {},
       ">= 0"},
      {"flow.floor", real, "1e-280", "weights smaller than this times rms(w) are not resolved", {}, ">= 0"},

      {"events.escape.by", texts, "[\"loss\"]",
       "what marks the escape from the origin: the loss has dropped, the norm has grown, the direction has "
       "settled",
       names<EscapeBy>(), ""},
      {"events.escape.fraction",
       real,
       "0.1",
       "loss: the loss has dropped by this fraction of L(0)",
       {},
       "0..1"},
      {"events.escape.norm", real, "1.0", "norm: |w| has grown to this value", {}, "> 0"},
      {"events.escape.angle",
       real,
       "0.01",
       "direction: the sine of the angle between w and -grad L has fallen to this value",
       {},
       "> 0"},
      {"events.escape.terminal", boolean, "false", "stop at the escape", {}, ""},
      {"events.saddle.enabled", boolean, "true", "detect visits to saddles", {}, ""},
      {"events.saddle.enter",
       real,
       "1e-2",
       "a close visit begins where the proximity r falls below this",
       {},
       "> 0"},
      {"events.saddle.leave", real, "2e-2", "the visit ends where r rises above this", {}, "> 0"},
      {"events.saddle.prominence",
       real,
       "2.0",
       "a dip of r is a visit if r is larger by this factor before and after it; 0: close visits only",
       {},
       ">= 0"},
      {"events.saddle.stop_after",
       integer,
       "0",
       "stop after this many visits have ended; 0: never",
       {},
       ">= 0"},
      {"events.steady.enabled", boolean, "true", "detect the steady state", {}, ""},
      {"events.steady.threshold", real, "1e-7", "the state is steady where r falls below this", {}, "> 0"},
      {"events.steady.terminal",
       boolean,
       "false",
       "stop at the steady state (a saddle may look steady for a long time)",
       {},
       ""},
      {"events.level[].quantity",
       text,
       "",
       "record every crossing of a level by this quantity: loss, gradient_norm, weight_norm, proximity, "
       "kkt_residual, balance_drift, energy_drift, layer_norm[l] or neuron_norm[k]",
       {},
       ""},
      {"events.level[].value", real, "", "the level", {}, ""},
      {"events.level[].direction", text, "\"either\"", "direction of the crossing", names<Direction>(), ""},
      {"events.level[].terminal", boolean, "false", "stop at the crossing", {}, ""},
      {"events.level[].cooldown",
       real,
       "0.0",
       "flow time after a crossing during which further crossings are ignored",
       {},
       ">= 0"},

      {"output.weights",
       weights,
       "\"thinned\"",
       "snapshots of the weights that are stored; thinned: wherever they have changed by about 2 %, a few "
       "hundred in all; all: every step; events; {every = k}; {times = [...]}; the first, the last and those "
       "at events are always stored",
       {},
       ""},
      {"output.singular_values",
       boolean,
       "true",
       "store with every snapshot the singular values of the weight matrices and of their product, and the "
       "effective widths of the hidden layers",
       {},
       ""},
      {"output.manifold_distance", text, "\"small\"",
       "store with every snapshot the distances of the weights to the invariant manifolds of effective width "
       "0, "
       "1, ... of each hidden layer; small: where no hidden layer has more than 32 neurons",
       names<RecordedDistances>(), ""},
      {"output.checkpoint_seconds",
       real,
       "1.0",
       "wall time between flushes and checkpoints, in seconds",
       {},
       "> 0"},

      {"verify.bound",
       real,
       "0.0",
       "--verify: largest error of the path that counts as confirmed; 0: the larger of 1e-3 and 1e4 "
       "flow.rtol",
       {},
       ">= 0"},
      {"verify.balance",
       real,
       "0.0",
       "stop the run where the balance of a neuron drifts by more than this; 0: the larger of 1e-6 and 1e4 "
       "flow.rtol",
       {},
       ">= 0"},
      {"verify.energy",
       real,
       "0.0",
       "stop the run where the energy identity is violated by more than this; 0: the larger of 1e-6 and 1e4 "
       "flow.rtol",
       {},
       ">= 0"},
      {"verify.loss_rise",
       real,
       "0.0",
       "stop the run where the loss rises in a step by more than this, relative to L(0), or, if the "
       "infimum of the loss is not attained, to the larger of the loss before the step and |grad L| |w|; 0: "
       "the larger of 1e-10 and flow.rtol",
       {},
       ">= 0"},
  };
}

}  // namespace

std::vector<Key> key_table() {
  std::vector<Key> keys = common_keys();
  insert_before(keys, "flow.t_end", init_keys());
  insert_before(keys, "data.given.inputs", group_keys());
  insert_family_keys(keys);
  const std::vector<Key> of_tools = tool_keys();
  keys.insert(keys.end(), of_tools.begin(), of_tools.end());
  return keys;
}

}  // namespace saddleflow
