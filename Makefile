# make build             builds the program, .build/release/crate-lm
# make demo              goes from text to generated text in a few minutes
# make picture           draws README's picture from the demo's run
# make install           installs the program under PREFIX, by default /usr/local; then it needs no toolchain
# make package           makes a Debian package of it in dist; make test-package tries that in a bare tree
# make test              runs the style check, the tests, and a short selection of the faults
# make test-faults       injects kills, full disks, power cuts and signals: nothing is lost
# make test-sanitizers   runs the tests under the address sanitizer, threaded ones under the thread sanitizer
# make test-interop      checks export and import against PyTorch and transformers
# make test-tokenizers   compares random tokenizers with those of Hugging Face's tokenizers
# make test-harness      checks evaluate against lm-evaluation-harness
# make test-pages        looks at the pages of report in a browser, and at TensorBoard's events
# make fuzz SECONDS=60   runs libFuzzer on each parser of files for so many seconds
# make format            applies the house style

SWIFT ?= swift
PROGRAM = .build/release/crate-lm
SOURCES = Sources Examples Tests Fuzzing/Fuzzer.swift Fuzzing/Parsers Fuzzing/Support Package.swift
INTEROP_ENVIRONMENT ?= .build/interop-venv
TOKENIZERS_ENVIRONMENT ?= .build/tokenizers-venv
HARNESS_ENVIRONMENT ?= .build/harness-venv
PAGES_ENVIRONMENT ?= .build/pages-venv
PREFIX ?= /usr/local
# The program that carries Swift's libraries.
CARRYING = .build-carrying/release/crate-lm
PACKAGES = libopenblas-dev libicu-dev libzstd-dev zlib1g-dev libssl-dev pkg-config

.PHONY: build demo picture install package test test-faults test-sanitizers test-interop test-tokenizers test-harness test-pages \
	test-package fuzz lint format dependencies carrying clean

build: dependencies
	$(SWIFT) build -c release

# Installs the five C libraries as root, and otherwise prints the command that does.
dependencies:
	@Scripts/install-dependencies $(PACKAGES)

demo: build
	@Scripts/demo $(PROGRAM) demo

# After make demo.
picture: build
	$(PROGRAM) report demo/run -o docs/demo.svg

carrying: dependencies
	$(SWIFT) build -c release --product crate-lm --static-swift-stdlib --scratch-path .build-carrying

# Under sudo, which may know no toolchain, what make carrying has built.
install:
	@[ -n "$$SUDO_USER" ] && [ -x $(CARRYING) ] || $(MAKE) carrying
	Scripts/package/install-program $(CARRYING) "$(DESTDIR)$(PREFIX)"

package: carrying
	@Scripts/install-dependencies dpkg-dev
	@Scripts/package/make-package $(CARRYING) dist

# Needs root and a network.
test-package: package
	@Scripts/install-dependencies debootstrap
	@Scripts/package/test-package "dist/crate-lm_$$($(CARRYING) --version)_$$(dpkg --print-architecture).deb" README.md

test: dependencies lint
	$(SWIFT) build -c release --build-tests
	$(SWIFT) test -c release --skip-build
	@Scripts/faults/test-faults $(PROGRAM) --short

# Needs Python 3.11 or later and a C compiler.
test-faults: build
	@Scripts/faults/test-faults $(PROGRAM)

# The tests of multithreaded code.
THREADED = Worker|Training|Resumption|BatchDecoder|Draft|VectorProduct|TokenData|Evaluat|Trainer|Analysis|Activation|Attribution|PathTests|BadInputTests
test-sanitizers: dependencies
	@Scripts/test-sanitizer address
	@Scripts/test-sanitizer thread --filter '$(THREADED)'

test-interop: build
	@Scripts/interop/test-interop $(PROGRAM) $(INTEROP_ENVIRONMENT)

# Checks that need Python with venv and a network, or pip's own settings for a folder of packages.
test-tokenizers: build
	@Scripts/tokenizers/test-tokenizers $(PROGRAM) $(TOKENIZERS_ENVIRONMENT) $(COUNT)

test-harness: build
	@Scripts/harness/test-harness $(PROGRAM) $(HARNESS_ENVIRONMENT)

test-pages: build
	@Scripts/install-dependencies chromium
	@Scripts/pages/test-pages $(PROGRAM) $(PAGES_ENVIRONMENT)

# Needs the libFuzzer and the address sanitizer of the Swift toolchain.
SECONDS ?= 60
fuzz: dependencies
	@SWIFT="$(SWIFT)" Scripts/fuzzing/fuzz $(SECONDS) $(PARSERS)

lint:
	$(SWIFT) format lint --strict --parallel --recursive $(SOURCES)

format:
	$(SWIFT) format --in-place --parallel --recursive $(SOURCES)

clean:
	rm -rf .build .build-* demo dist
