// Predictions of the field that are measured at the escape: exponents, bundles, singular values.
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "validation/claim.hpp"
#include "validation/problem.hpp"
#include "validation/refused.hpp"

namespace saddleflow::claims {

BOOST_AUTO_TEST_SUITE(field_test)

namespace {

StudyTable field(const std::string& name, std::vector<std::string> overrides = {}) {
  overrides.insert(overrides.begin(), "claim.seeds=[1]");
  return StudyTable::read(std::string(CLAIMS) + "/../field/" + name + ".toml", overrides);
}

Verdict verdict_of(const Report& report, std::size_t k) {
  const Finding& f = report.findings.at(k);
  BOOST_TEST_MESSAGE(f.claim << " | " << f.prediction << " | " << f.measured << " | " << name_of(f.verdict));
  return f.verdict;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_rest_has_the_exponent_of_the_next_singular_value) {
  for (const char* name : {"rest-distinct", "rest-multiple", "rest-wide"}) {
    const Report report = measure_claim(field(name));
    BOOST_TEST((verdict_of(report, 0) == Verdict::holds), name);
    BOOST_TEST((verdict_of(report, 1) == Verdict::holds), name);
  }
  // 3, 2, 1: two modes do not leave together, and what is left of the third is no power 1 - 1/3 of delta when
  // the second has not left.
  const Report two = measure_claim(field("rest-distinct", {"claim.multiplicity=2"}));
  BOOST_TEST((verdict_of(two, 1) == Verdict::fails));
}

BOOST_AUTO_TEST_CASE(the_exponent_is_that_of_whitened_linear_networks) {
  refused(field("rest-multiple", {"claim.multiplicity=1"}), "claim.multiplicity",
          "cuts through equal singular values");
  refused(field("rest-wide", {"claim.multiplicity=3"}), "claim.multiplicity", "more than there are modes");
  refused(field("rest-wide", {"data.inputs=gaussian"}), "data.inputs", "whitened");
  refused(field("rest-wide", {"network.slope=0.5"}), "network.layers", "linear network");
  refused(field("rest-wide", {"network.layers=[2, 8, 8, 2]"}), "network.layers", "linear network");
}

BOOST_AUTO_TEST_CASE(correlated_inputs_make_one_bundle_and_orthogonal_ones_several) {
  const Report one = measure_claim(field("correlated-relu"));
  const Report several = measure_claim(field("orthogonal-bundles"));
  for (std::size_t k = 0; k < 3; ++k) {
    BOOST_TEST((verdict_of(one, k) == Verdict::holds));
    BOOST_TEST((verdict_of(several, k) == Verdict::holds));
  }
  BOOST_TEST((verdict_of(measure_claim(field("correlated-relu", {"claim.bundles=2"})), 0) == Verdict::fails));
  BOOST_TEST(
      (verdict_of(measure_claim(field("orthogonal-bundles", {"claim.bundles=1"})), 0) == Verdict::fails));
  // Sizes that are not small have other exponents.
  const Report large = measure_claim(field("orthogonal-bundles", {"claim.deltas=[0.5, 0.3, 0.2, 0.1]"}));
  BOOST_TEST((verdict_of(large, 2) == Verdict::fails));
}

BOOST_AUTO_TEST_CASE(data_without_the_assumption_of_the_alignment_are_refused) {
  refused(field("correlated-relu", {"data.given.inputs=[[1.0, 0.0, 0.0], [-0.1, 1.0, 0.0]]",
                                    "data.given.targets=[[1.0], [1.0]]"}),
          "data.inputs", "between samples 1 and 2");
  refused(field("orthogonal-bundles", {"claim.alignment=correlated"}), "data.inputs",
          "expected all of them above 0");
  refused(field("correlated-relu", {"claim.alignment=orthogonal"}), "data.inputs", "orthogonal inputs");
  refused(field("correlated-relu", {"data.given.targets=[[1], [1], [1], [-1], [1], [1], [1], [1]]"}),
          "data.targets", "sample 4");
  refused(field("correlated-relu", {"init.kind=gaussian"}), "init.kind", "balanced");
  refused(field("correlated-relu", {"network.slope=0.1"}), "network.layers", "ReLU");
}

BOOST_AUTO_TEST_CASE(first_singular_values_of_deep_networks_stand_out) {
  const std::vector<std::string> few = {"claim.deltas=[1e-1, 3e-2, 1e-2]", "claim.starts=16"};
  const Report report = measure_claim(field("deep-relu", few));
  for (std::size_t k = 0; k < 3; ++k) BOOST_TEST((verdict_of(report, k) == Verdict::holds));
  // No finite start has a ratio of 2^-20 in its second layer.
  std::vector<std::string> steep = few;
  steep.push_back("claim.layer_power=20");
  BOOST_TEST((verdict_of(measure_claim(field("deep-relu", steep)), 1) == Verdict::fails));
  refused(field("deep-relu", {"network.power=2"}), "network.layers", "power 1 with kinks");
  refused(field("deep-relu", {"network.layers=[4, 5, 1]"}), "network.layers", "two hidden layers");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow::claims
