// The table of claims, and every shipped study in its quick version.
#include "validation/claim.hpp"

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <set>
#include <string>

#include "saddleflow/study/keys.hpp"
#include "validation/shipped.hpp"

namespace saddleflow::claims {

BOOST_AUTO_TEST_SUITE(claims_test)

BOOST_AUTO_TEST_CASE(the_study_keys_name_every_kind) {
  const Key* key = find_key("claim.kind");
  BOOST_REQUIRE(key != nullptr);
  std::vector<std::string> names;
  for (const Kind& kind : kinds()) names.push_back(kind.name);
  BOOST_TEST(key->choices == names, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_study_without_a_claim_is_refused) {
  const StudyTable study = StudyTable::parse("[network]\nlayers = [2, 3, 1]\n", "s.toml");
  BOOST_TEST(study.filled().find("claim") == std::string::npos);
  BOOST_CHECK_EXCEPTION(measure_claim(study), InputError, [](const InputError& error) {
    return std::string(error.what()).find("s.toml: claim.kind") != std::string::npos;
  });
}

BOOST_AUTO_TEST_CASE(bad_studies_name_the_key) {
  const auto refused = [](const std::string& setting, const std::string& key) {
    BOOST_CHECK_EXCEPTION(measure("p1-linear", {setting}), InputError, [&](const InputError& error) {
      return std::string(error.what()).find(key) != std::string::npos;
    });
  };
  refused("claim.deltas=[1e-3]", "claim.deltas");
  refused("claim.seeds=[]", "claim.seeds");
  refused("claim.accuracies=[]", "claim.accuracies");
  refused("init.kind=given", "init.kind");
  refused("claim.kind=gravity", "claim.kind");
  BOOST_CHECK_THROW(measure("p1-square", {"claim.kind=kkt_limits"}), InputError);
}

namespace {

// Deep networks, half of the time of all: test/run -C all.
const std::set<std::string> kLongStudies = {"p3-saddle-three-layer", "p4-three-layer",
                                            "p4-three-layer-square"};

struct Count {
  int studies = 0, held = 0;
};

enum class ShippedStudies { long_ones, others };

/// Of the shipped studies that are long, or of the others; none of their findings may fail.
Count count_shipped(ShippedStudies which) {
  Options quick;
  quick.quick = true;
  Count count;
  for (const auto& entry : std::filesystem::directory_iterator(CLAIMS)) {
    if (kLongStudies.contains(entry.path().stem().string()) != (which == ShippedStudies::long_ones)) continue;
    const Report report = measure_claim(StudyTable::read(entry.path().string()), quick);
    BOOST_TEST(!report.title.empty());
    BOOST_TEST(!report.findings.empty());
    for (const Finding& finding : report.findings) {
      BOOST_TEST((finding.verdict != Verdict::fails),
                 entry.path() << ": " << finding.claim << ": " << finding.measured);
      if (finding.verdict == Verdict::holds) ++count.held;
    }
    ++count.studies;
  }
  return count;
}

}  // namespace

BOOST_AUTO_TEST_CASE(no_shipped_claim_fails) {
  const Count count = count_shipped(ShippedStudies::others);
  BOOST_TEST(count.studies >= 40);
  BOOST_TEST(count.held >= 106);
}

// Runs where it is asked for by name.
BOOST_AUTO_TEST_CASE(no_long_shipped_claim_fails, *boost::unit_test::disabled()) {
  const Count count = count_shipped(ShippedStudies::long_ones);
  BOOST_TEST(count.studies == 3);
  BOOST_TEST(count.held == 14);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow::claims
