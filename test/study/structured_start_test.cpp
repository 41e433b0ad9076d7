// Starts of low rank, with layers of given norms, with noise, and in a wider network.
#include "saddleflow/study/structured_start.hpp"

#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <string>
#include <vector>

#include "archive/temporary_folder.hpp"
#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/job/flow_run.hpp"
#include "saddleflow/network/bilinear.hpp"
#include "saddleflow/study/build.hpp"
#include "saddleflow/study/initial_weights.hpp"

namespace saddleflow {

BOOST_AUTO_TEST_SUITE(structured_start_test)

namespace {

double plain(Real x) { return static_cast<double>(x); }

StudyTable study_of(std::vector<std::string> keys) { return StudyTable::parse("", "s.toml", keys); }

Vector start_of(const std::vector<std::string>& keys) {
  const StudyTable study = study_of(keys);
  return build_initial_weights(study, *build_network(study));
}

void refused(const std::vector<std::string>& keys, const std::string& words) {
  BOOST_CHECK_EXCEPTION(start_of(keys), InputError, [&](const InputError& error) {
    const std::string text = error.what();
    BOOST_TEST_MESSAGE(text);
    return text.starts_with("s.toml: ") == !text.starts_with("--set") &&
           text.find(words) != std::string::npos;
  });
}

Vector singular_values(const Network& network, const Vector& w, int l) {
  return thin_svd(Matrix(network.layout().matrix(w, l))).values;
}

const std::string kDeep = "network.layers=[9,8,7,6]";

}  // namespace

BOOST_AUTO_TEST_CASE(low_rank_matrices_have_that_rank) {
  const auto deep = feed_forward({9, 8, 7, 6}, Activation(1, 1));
  for (const Index rank : {1, 3, 6})
    for (const Real eps : {Real(0), Real(1e-3), Real(1e-2)}) {
      const Vector w = low_rank_direction(*deep, rank, eps, 5);
      BOOST_TEST(std::abs(w.norm() - 1) < Real(1e-14));
      for (int l = 0; l < 3; ++l) {
        const Vector s = singular_values(*deep, w, l);
        const Real rest = s.tail(s.size() - rank).norm() / s.norm();
        BOOST_TEST_MESSAGE(
            fmt::format("rank {}, eps {:g}, layer {}: the other singular values are {:.2e} of all", rank,
                        plain(eps), l + 1, plain(rest)));
        BOOST_TEST(rest <= eps + Real(1e-14));
        // What the noise has outside of the row and column spaces, which it can fill (none where the rank is
        // full), by its share of the entries.
        const Real share =
            std::sqrt(Real((s.size() - rank) *
                           (deep->layout().layer(l).rows + deep->layout().layer(l).cols - s.size() - rank)) /
                      Real(deep->layout().layer(l).size()));
        if (rank < s.size()) BOOST_TEST(rest >= eps * share / 2);
      }
    }
}

BOOST_AUTO_TEST_CASE(a_small_side_bounds_the_rank) {
  const auto network = feed_forward({5, 4, 1}, Activation(0, 2));
  const Vector w = low_rank_direction(*network, 2, 0, 1);
  const Vector s = singular_values(*network, w, 0);
  BOOST_TEST(s[1] > Real(1e-3) * s[0]);
  BOOST_TEST(s[2] < Real(1e-14) * s[0]);
  BOOST_TEST(std::abs(network->layout().matrix(w, 1).norm() - s.norm()) < Real(1e-14));
}

BOOST_AUTO_TEST_CASE(low_rank_is_for_matrices) {
  const auto factors = bilinear(4, 5, 6, BilinearOuter::ones);
  BOOST_TEST(singular_values(*factors, low_rank_direction(*factors, 2, 0, 1), 1)[2] < Real(1e-15));
  refused({"network.kind=diagonal_linear", "network.layers=[4]", "init.kind=low_rank"},
          "found \"low_rank\" with diagonal_linear, whose weights are no matrices");
  refused({kDeep, "init.kind=low_rank", "init.rank=9"}, "init.rank: found 9, expected at most 8");
  refused({kDeep, "init.rank=2"}, "init.rank: is for init.kind = low_rank, aligned, found \"gaussian\"");
  refused({kDeep, "init.kind=sphere", "init.perturbation=0.1"}, "init.perturbation: is for init.kind = ");
}

BOOST_AUTO_TEST_CASE(layers_have_the_norms_asked_for) {
  const auto network = feed_forward({9, 8, 7, 6}, Activation());
  for (const char* kind : {"gaussian", "sphere", "low_rank"}) {
    const Vector w =
        start_of({kDeep, std::string("init.kind=") + kind, "init.scale=0.5", "init.layer_scales=[3,0,4]"});
    const Real expected[] = {Real(0.3), 0, Real(0.4)};
    for (int l = 0; l < 3; ++l)
      BOOST_TEST(std::abs(network->layout().matrix(w, l).norm() - expected[l]) < Real(1e-15));
  }
  refused({kDeep, "init.layer_scales=[1,2]"}, "init.layer_scales: found 2 numbers, expected 3");
  refused({kDeep, "init.layer_scales=[0,0,0]"}, "init.layer_scales: found zeros alone");
  refused({kDeep, "init.kind=balanced", "init.layer_scales=[1,1,1]"},
          "init.layer_scales: is for init.kind = gaussian, sphere, low_rank, found \"balanced\"");
}

BOOST_AUTO_TEST_CASE(noise_has_its_relative_size) {
  const std::vector<std::string> given{"network.layers=[2,1]", "init.kind=given", "init.weights=[3,4]",
                                       "init.keep_norm=true", "init.perturbation=0.1"};
  const Vector w = start_of(given);
  BOOST_TEST(std::abs(std::hypot(w[0] - 3, w[1] - 4) - Real(0.5)) < Real(1e-15));
  std::vector<std::string> other = given;
  other.emplace_back("init.seed=2");
  BOOST_TEST(w != start_of(other));
  BOOST_TEST(w == start_of(given));
}

// An override of init.kind replaces the start: keys that describe the one before go with it.
BOOST_AUTO_TEST_CASE(an_override_replaces_the_start) {
  const std::string toml =
      "[network]\nlayers = [4, 3, 2]\n[init]\nkind = \"low_rank\"\nrank = 2\nperturbation = 0.1\n";
  const auto with = [&](const std::vector<std::string>& overrides) {
    const StudyTable study = StudyTable::parse(toml, "s.toml", overrides);
    return build_initial_weights(study, *build_network(study));
  };
  BOOST_TEST(with({"init.kind=\"gaussian\""}).norm() > 0);
  BOOST_TEST(with({"init.kind=\"low_rank\""}) == with({}));
  BOOST_CHECK_THROW(with({"init.kind=\"gaussian\"", "init.rank=2"}), InputError);
}

// The function of the run plus that of the additional neurons, which are small.
BOOST_AUTO_TEST_CASE(a_wider_network_begins_with_the_neurons_of_a_run) {
  const archive::TemporaryFolder folder;
  struct Case {
    std::string name, kind, narrow, wide;
  };
  const std::vector<Case> cases{{"shallow", "feed_forward", "[3,4,2]", "[3,7,2]"},
                                {"deep", "feed_forward", "[3,4,3,1]", "[3,6,3,1]"},
                                {"sum", "power_sum", "[3,4]", "[3,5]"},
                                {"convolution", "convolution", "[4]", "[6]"}};
  for (const Case& c : cases) {
    std::vector<std::string> keys{"network.kind=" + c.kind, "network.layers=" + c.narrow, "data.samples=20",
                                  "flow.t_end=0.5", "init.scale=1.0"};
    if (c.kind == "convolution")
      for (const char* key : {"network.kernel=3", "network.layers=[8,4,1]"}) keys.emplace_back(key);
    const StudyTable narrow = study_of(keys);
    const std::string path = folder.file(c.name + ".h5");
    FlowRunOptions options;
    options.output = path;
    run_flow(narrow, options);
    const std::string layers = c.kind == "convolution" ? "[8,6,1]" : c.wide;
    for (const std::string& key :
         {"network.layers=" + layers, std::string("init.kind=run"), "init.file=" + path,
          std::string("init.keep_norm=true"), std::string("init.added_scale=1e-3")})
      keys.push_back(key);
    const StudyTable wide = study_of(keys);
    const auto network = build_network(wide);
    const Vector w = build_initial_weights(wide, *network);
    Objective before(build_network(narrow), build_dataset(narrow, *build_network(narrow)),
                     build_loss(narrow));
    Objective after(network, build_dataset(wide, *network), build_loss(wide));
    std::vector<std::string> same = keys;
    same[1] = "network.layers=" + (c.kind == "convolution" ? "[8,4,1]" : c.narrow);
    std::erase_if(same, [](const std::string& key) { return key.starts_with("init.added"); });
    std::erase(same, "network.layers=" + layers);
    const Vector old = start_of(same);
    // The difference of two squares of order 1.
    BOOST_TEST(std::abs(std::sqrt(w.squaredNorm() - old.squaredNorm()) / Real(1e-3) - 1) < Real(1e-8));
    const Real off = (after.outputs(w) - before.outputs(old)).norm() / before.outputs(old).norm();
    BOOST_TEST_MESSAGE(fmt::format("{}: outputs change by {:.1e}, {} of {} weights are new", c.name,
                                   plain(off), w.size() - old.size(), w.size()));
    BOOST_TEST(off < Real(1e-4));
    BOOST_TEST((w.array() != 0).count() == w.size());
  }
  const std::string file = "init.file=" + folder.file("shallow.h5");
  const std::vector<std::string> run{"network.layers=[3,7,2]", "init.kind=run", file,
                                     "init.added_scale=1e-3"};
  refused(run, "init.added_scale: found beside init.keep_norm = false, expected true");
  refused({"network.layers=[3,2,2]", "init.kind=run", file, "init.added_scale=1e-3", "init.keep_norm=true"},
          "found hidden widths 4 in the file and 2 in the study, expected a wider network");
  refused({"network.layers=[5,7,2]", "init.kind=run", file, "init.added_scale=1e-3", "init.keep_norm=true"},
          "init.added_scale: found a feed_forward network of 3 inputs");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow
