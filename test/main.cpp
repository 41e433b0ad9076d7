// The entry point that every test executable shares.
#define BOOST_TEST_MODULE saddleflow
#include <boost/test/unit_test.hpp>
