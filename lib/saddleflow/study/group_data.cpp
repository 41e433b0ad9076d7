#include "saddleflow/study/group_data.hpp"

#include <fmt/format.h>

#include <cmath>
#include <string>

#include "saddleflow/base/memory_bound.hpp"
#include "saddleflow/study/key_table.hpp"
#include "saddleflow/study/keys.hpp"
#include "saddleflow/study/split_rows.hpp"

namespace saddleflow {

namespace {

AbelianGroup group_of(const StudyTable& study) {
  if (!study.has("data.group.orders"))
    study.fail("data.group.orders", "not found, expected the orders of cyclic groups, [p] for Z_p");
  return AbelianGroup(study.integers("data.group.orders"));
}

/// The encoding of the neutral element, centred if the study asks for it.
Vector template_of(const StudyTable& study, const AbelianGroup& group) {
  Vector shape = Vector::Zero(group.size());
  const bool given = study.text("data.group.encoding") == "template";
  if (given != study.has("data.group.template"))
    study.fail("data.group.template", given ? "not found, expected a number for each element"
                                            : "found with data.group.encoding = \"one_hot\"");
  if (given) {
    const std::vector<Real> numbers = study.reals("data.group.template");
    shape = Eigen::Map<const Vector>(numbers.data(), static_cast<Index>(numbers.size()));
    if (shape.size() != group.size())
      study.fail("data.group.template", fmt::format("found {} numbers, expected {}, one for each element",
                                                    shape.size(), group.size()));
  } else {
    shape[0] = 1;
  }
  if (study.boolean("data.group.centre")) shape.array() -= shape.mean();
  return shape;
}

/// Keys of other generators would be ignored.
void refuse_foreign_keys(const StudyTable& study) {
  const auto refuse = [&](const char* key, const std::string& message) { study.fail(key, message); };
  if (study.has(kSampleCount))
    refuse(kSampleCount,
           fmt::format("found {} with data.inputs = \"group\", expected none: the samples are all "
                       "pairs, or the part data.group.train_fraction of them",
                       study.integer(kSampleCount)));
  if (study.text("data.targets") != "teacher")
    refuse("data.targets",
           fmt::format("found \"{}\" with data.inputs = \"group\", which has targets of its own",
                       study.text("data.targets")));
  if (study.integer("data.test_samples") > 0)
    refuse("data.test_samples", "found with data.inputs = \"group\", expected data.group.train_fraction");
  if (study.real("data.scale") != 1)
    refuse("data.scale", "found with data.inputs = \"group\", expected a factor in data.group.template");
  if (study.real("data.noise") != 0) refuse("data.noise", "found with data.inputs = \"group\", expected 0");
}

Dataset all_pairs(const StudyTable& study) {
  const AbelianGroup group = group_of(study);
  require_memory(study.name() + ": data.group.orders", "numbers of all pairs",
                 {group.size() * group.size(), 3 * group.size()});
  Dataset data = group_table(group, template_of(study, group), study.choice<GroupPairs>("data.group.pairs"));
  data.origin = fmt::format("generator group/{}", study.text("data.group.encoding"));
  data.seed = static_cast<long>(study.integer("data.seed"));
  return data;
}

bool theory_applies(const StudyTable& study, const Network& network) {
  const Activation activation = network.activation();
  const bool square = activation.power() == 2 && std::abs(activation.slope()) == 1;
  return network.traits().layered && network.hidden_layer_count() == 1 && square && !has_bias(study) &&
         study.text("loss.kind") == "square" && study.real("data.group.train_fraction") == 1 &&
         study.choice<GroupPairs>("data.group.pairs") == GroupPairs::concatenated &&
         study.boolean("data.group.centre");
}

}  // namespace

bool is_group_problem(const StudyTable& study) {
  return !study.has("data.file") && study.text("data.inputs") == kGroupInputs;
}

std::vector<Key> group_keys() {
  using enum KeyType;
  return {
      {"data.group.orders",
       integers,
       "",
       "group: orders of the cyclic groups whose product the group is, [7] for addition modulo 7; the "
       "samples "
       "are all pairs of elements, the targets the encoding of what a pair makes",
       {},
       ">= 2"},
      {"data.group.encoding",
       text,
       "\"one_hot\"",
       "group: encoding of an element; template: data.group.template moved by the element",
       {"one_hot", "template"},
       ""},
      {"data.group.template",
       reals,
       "",
       "group: the encoding of the neutral element, a number for each element, the coordinate of the first "
       "cyclic group running fastest",
       {},
       ""},
      {"data.group.centre", boolean, "true", "group: subtract its mean from the encoding", {}, ""},
      {"data.group.pairs", text, "\"concatenated\"",
       "group: input of a pair, (x_a, x_b) with two inputs for each element, or x_a + x_b",
       names<GroupPairs>(), ""},
      {"data.group.train_fraction",
       real,
       "1.0",
       "group: fraction of the pairs, drawn with data.seed, that is the training set; the others are the "
       "test "
       "set",
       {},
       "0..1"},
  };
}

ProblemData build_group_data(const StudyTable& study) {
  refuse_foreign_keys(study);
  Dataset all = all_pairs(study);
  const Real fraction = study.real("data.group.train_fraction");
  if (fraction == 1) return {std::move(all), std::nullopt};
  return split_rows(study, all, 1 - fraction, "data.group.train_fraction");
}

std::vector<LearningStage> predicted_stages(const StudyTable& study, const Network& network) {
  if (!is_group_problem(study) || !theory_applies(study, network)) return {};
  const AbelianGroup group = group_of(study);
  std::vector<LearningStage> stages = learning_stages(group, template_of(study, group));
  if (study.text("loss.reduction") != "mean") return stages;
  const auto samples = static_cast<Real>(group.size() * group.size());
  for (LearningStage& stage : stages) {
    stage.loss /= samples;
    stage.frequency.loss /= samples;
    stage.frequency.correlation /= samples;
  }
  return stages;
}

}  // namespace saddleflow
