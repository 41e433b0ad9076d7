#include "saddleflow/study/tool_keys.hpp"

#include "saddleflow/pursuit/neuron_pursuit.hpp"
#include "saddleflow/study/learning_method.hpp"

namespace saddleflow {

std::vector<Key> tool_keys() {
  using enum KeyType;
  return {
      {"pursuit.starts", integer, "32", "random starts of each search for a neuron", {}, ">= 1"},
      {"pursuit.seed", integer, "1", "seed of these", {}, ">= 0"},
      {"pursuit.layer_rule", text, "\"best_value\"",
       "hidden layer that grows: the one with the largest N, each in turn, always pursuit.layer",
       names<PursuitOptions::LayerRule>(), ""},
      {"pursuit.layer", integer, "1", "fixed: the hidden layer, counted from 1", {}, ">= 1"},
      {"pursuit.neurons", text, "\"one\"",
       "added in a round: the best one, or all maximisers of the layer above pursuit.fraction of its N",
       names<PursuitOptions::NeuronRule>(), ""},
      {"pursuit.fraction", real, "0.9", "maximisers: least N, relative to the best", {}, "0..1"},
      {"pursuit.scale", real, "1e-3", "delta, the size that a new neuron starts with", {}, "> 0"},
      {"pursuit.loss", real, "1e-16", "stop where the training loss has fallen to this", {}, ">= 0"},
      {"pursuit.budget",
       integers,
       "",
       "most neurons of each hidden layer (default: the widths in network.layers)",
       {},
       ">= 1"},
      {"pursuit.least_value",
       real,
       "1e-10",
       "stop where every N, over its bound, is below this: no neuron lowers the loss",
       {},
       ">= 0"},
      {"pursuit.valley",
       real,
       "1e-10",
       "a minimisation that creeps on where there is no minimum counts as ended where |grad L| / (|Hess L| "
       "|w|) is "
       "below this; 0: the pursuit ends there",
       {},
       ">= 0"},
      {"pursuit.minimiser", text, "\"flow\"",
       "gradient flow at flow.rtol, or gradient descent for comparison", names<Minimiser>(), ""},
      {"pursuit.destination", text, "\"minimum\"",
       "flow: to where it rests, or to the first critical point it comes close to", names<Destination>(), ""},
      {"pursuit.max_steps",
       integer,
       "5000",
       "flow: steps a round before the trust region (20 times as many with kinks, where there is none)",
       {},
       ">= 1"},
      {"pursuit.learning_rate", real, "1e-3", "gradient descent: length of a step, in flow time", {}, "> 0"},
      {"pursuit.iterations", integer, "1000000", "gradient descent: most steps a round", {}, ">= 1"},

      {"experiment.methods", texts, "[\"pursuit\", \"flow\", \"gradient_descent\"]",
       "sf-experiment: what learns; flow from init.scale and gradient descent from a standard start, both at "
       "the "
       "widths that the pursuit ends with",
       names<LearningMethod>(), ""},
      {"experiment.samples", integers, "[100]", "sizes of the training set, nested", {}, ">= 1"},
      {"experiment.seeds", integers, "[1, 2, 3, 4, 5]", "of data, starts and searches together", {}, ">= 0"},
      {"experiment.widths",
       boolean,
       "false",
       "flow and gradient descent at the widths of every round, for the largest training set",
       {},
       ""},
      {"experiment.iterations", integer, "20000", "steps of gradient descent", {}, ">= 1"},
      {"experiment.learning_rate",
       real,
       "0.0",
       "of gradient descent, in flow time; 0: 1/lambda_max at the start, halved until it does not diverge",
       {},
       ">= 0"},

      {"claim.kind",
       text,
       "",
       "sf-claims: what is measured of the papers' claims",
       {"early_direction", "rescaled_curve", "kkt_limits", "ray_rate", "escape_angle", "first_saddle",
        "near_saddle"},
       ""},
      {"claim.deltas", reals, "[1e-2, 1e-4, 1e-6]", "norms of w(0)", {}, "> 0"},
      {"claim.seeds", integers, "[1, 2, 3]", "seeds of the directions of w(0)", {}, ">= 0"},
      {"claim.starts", integer, "100", "kkt_limits: starts, with seeds from the first one on", {}, ">= 1"},
      {"claim.accuracies",
       reals,
       "[1e-1, 1e-2]",
       "early_direction: how near to its limit the NCF flow is at the time T of each",
       {},
       "> 0"},
      {"claim.horizon", real, "0.8", "rescaled_curve: up to this part of the blow-up time", {}, "0..1"},
      {"claim.margin", real, "0.1", "how far a measured exponent may be from its prediction", {}, "> 0"},
  };
}

}  // namespace saddleflow
