// The list of steppers: what it says of each is so, its flags are those of the run files, and it can be
// extended.
#include "saddleflow/ode/stepper/registry.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "ode/stepper/own_stepper.hpp"
#include "problems.hpp"

using namespace saddleflow;
using namespace saddleflow::test;

BOOST_AUTO_TEST_SUITE(registry_test)

namespace {

/// The line names every choice.
bool lists_choices(const InputError& error) {
  const std::string message = error.what();
  const std::vector<std::string> names = stepper_names();
  return std::all_of(names.begin(), names.end(),
                     [&](const std::string& name) { return message.find(name) != std::string::npos; });
}

StepperFactory some_factory() { return stepper_entry(stepper_name::dopri5).make; }

/// A system that offers all that a stepper may ask for.
class WithProducts : public SymmetricQuartic {
 public:
  void hessian_vector(const Vector& x, const Vector& v, Vector& out, Real t) const {
    Matrix h(v.size(), v.size());
    hessian(x, h, t);
    out = h * v;
  }
};

}  // namespace

BOOST_AUTO_TEST_CASE(entries_tell_what_the_steppers_are) {
  register_own_stepper();
  const std::vector<std::string> methods = step_method_names();
  const auto is_method = [&](std::string_view name) {
    return std::find(methods.begin(), methods.end(), name) != methods.end();
  };
  WithProducts problem;
  for (const StepperEntry& entry : stepper_entries()) {
    BOOST_TEST_CONTEXT(entry.name) {
      BOOST_TEST(!entry.help.empty());
      BOOST_TEST(is_method(entry.name) == (entry.role != StepperRole::driver));
      BOOST_TEST((entry.when_large.empty() || is_method(entry.when_large)));
      if (entry.role == StepperRole::part) {
        BOOST_CHECK_EXCEPTION(make_stepper(entry.name, {}), InputError, lists_choices);
        continue;
      }
      StepperOptions options = tolerance(Real(1e-6));
      options.error.quadratures = 1;
      const auto stepper = make_stepper(entry.name, options);
      stepper->initialize(problem.exact(0), 0, Real(1e-3));
      stepper->do_step(System(problem));
      BOOST_TEST(is_method(stepper->method()));
      if (entry.role != StepperRole::method) continue;
      BOOST_TEST(stepper->method() == entry.name);
      BOOST_TEST(stepper->dense_degree() == entry.dense_degree);
      BOOST_TEST(entry.order > 0);
    }
  }
}

// Files hold the numbers.
BOOST_AUTO_TEST_CASE(flags_of_run_files_stay) {
  register_own_stepper();
  std::vector<std::string> methods = step_method_names(), choices = stepper_names();
  BOOST_TEST((std::find(methods.begin(), methods.end(), "bogacki_shampine") - methods.begin()) >= 7);
  methods.resize(7);
  choices.resize(7);
  BOOST_TEST((methods == std::vector<std::string>{"dopri5", "rodas5p", "rkc2", "dop853", "exponential",
                                                  "rodas5p-cg", "radau7"}));
  BOOST_TEST((choices == std::vector<std::string>{"auto", "dopri5", "dop853", "rodas5p", "rodas5p-cg",
                                                  "radau7", "rkc2"}));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_registered) {
  const std::size_t before = stepper_entries().size();
  const auto refused = [](StepperEntry entry, const std::string& part) {
    BOOST_CHECK_EXCEPTION(register_stepper(std::move(entry)), InputError, [&](const InputError& error) {
      return std::string(error.what()).find(part) != std::string::npos;
    });
  };
  refused({"rkc2", StepperRole::method, some_factory(), "", 0, false, 0, ""}, "\"rkc2\": the name is taken");
  refused({"exponential", StepperRole::part, nullptr, "", 0, false, 0, ""},
          "\"exponential\": the name is taken");
  refused({"", StepperRole::method, some_factory(), "", 0, false, 0, ""}, "expected one word");
  refused({"two words", StepperRole::method, some_factory(), "", 0, false, 0, ""}, "\"two words\"");
  refused({"none", StepperRole::method, nullptr, "", 0, false, 0, ""}, "found no factory");
  refused({"none", StepperRole::part, some_factory(), "", 0, false, 0, ""}, "found a factory");
  BOOST_TEST(stepper_entries().size() == before);
}

BOOST_AUTO_TEST_CASE(unknown_names_are_errors_that_list_the_known_ones) {
  BOOST_CHECK_EXCEPTION(make_stepper("euler", {}), InputError, lists_choices);
  BOOST_CHECK_EXCEPTION(stepper_entry("euler"), InputError, lists_choices);
}

BOOST_AUTO_TEST_SUITE_END()
