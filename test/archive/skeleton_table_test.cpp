// The tables of a skeleton: written, read, refused.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>
#include <functional>

#include "saddleflow/archive/run_reader.hpp"
#include "saddleflow/archive/skeleton_writer.hpp"
#include "saddleflow/base/error.hpp"
#include "sample_skeleton.hpp"
#include "temporary_folder.hpp"

namespace saddleflow::archive::skeleton_tables {

BOOST_AUTO_TEST_SUITE(skeleton_table_test)

BOOST_AUTO_TEST_CASE(round_trip) {
  const TemporaryFolder folder;
  const std::string path = folder.file("skeleton.h5");
  const SkeletonRecord record = sample::skeleton_record(3);
  create_with_skeleton(path, sample::description(), {"search_ended", {{"horizon", 2}}, {}}, record,
                       ExistingFile::keep);
  {
    const RunReader reader = RunReader::open(path);
    BOOST_TEST(reader.has_skeleton());
    BOOST_TEST(sample::same(reader.skeleton(), record));
    BOOST_TEST(reader.summary().stop_reason == "search_ended");
    BOOST_TEST(reader.rows().time == 0);
  }
  BOOST_CHECK_THROW(create_with_skeleton(path, sample::description(), {}, record, ExistingFile::keep),
                    InputError);
  SkeletonRecord other = sample::skeleton_record(1);
  create_with_skeleton(path, sample::description(), {"interrupted", {}, {}}, other, ExistingFile::replace);
  BOOST_TEST(sample::same(RunReader::open(path).skeleton(), other));
  BOOST_TEST(!sample::same(RunReader::open(path).skeleton(), record));
}

BOOST_AUTO_TEST_CASE(nothing_found) {
  const TemporaryFolder folder;
  const std::string path = folder.file("skeleton.h5");
  SkeletonRecord record;
  record.end = "interrupted";
  create_with_skeleton(path, sample::description(), {"interrupted", {}, {}}, record, ExistingFile::keep);
  BOOST_TEST(sample::same(RunReader::open(path).skeleton(), record));
}

BOOST_AUTO_TEST_CASE(stray_references) {
  const TemporaryFolder folder;
  const std::string path = folder.file("skeleton.h5");
  const auto refused = [&](const std::function<void(SkeletonRecord&)>& spoil, const std::string& words) {
    SkeletonRecord record = sample::skeleton_record(2);
    spoil(record);
    BOOST_CHECK_EXCEPTION(create_with_skeleton(path, sample::description(), {}, record, ExistingFile::keep),
                          InputError, [&](const InputError& error) {
                            const std::string text = error.what();
                            BOOST_TEST(text.find(words) != std::string::npos, text);
                            return text.starts_with(path);
                          });
    BOOST_TEST(!std::filesystem::exists(path));
  };
  refused([](SkeletonRecord& r) { r.matches[0].jump = 3; }, "/matches/jump");
  refused([](SkeletonRecord& r) { r.matches[1].stop = 3; }, "/matches/stop");
  refused([](SkeletonRecord& r) { r.stops[1].sequence = -1; }, "/stops/sequence");
  refused([](SkeletonRecord& r) { r.losses[0].sequence = 2; }, "/flow_loss/sequence");
  refused([](SkeletonRecord& r) { r.reasons.pop_back(); }, "reasons");
  refused([](SkeletonRecord& r) { r.jumps[0].point.pop_back(); }, "/skeleton/point");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow::archive::skeleton_tables
