// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
]

/// A C library found through pkg-config; its folder is the only door to its header.
func systemLibrary(_ name: String, pkgConfig: String, apt: String) -> Target {
  .systemLibrary(
    name: name, path: "Sources/SystemLibraries/\(name)", pkgConfig: pkgConfig,
    providers: [.apt([apt])])
}

let systemPackage: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")
let argumentParser: Target.Dependency =
  .product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
  name: "crate-lm",
  products: [
    .library(name: "Tokenizer", targets: ["Tokenizer"]),
    .library(name: "CRATELM", targets: ["CRATELM"]),
    .library(name: "TextModels", targets: ["TextModels"]),
    // Errors, digests and the files of both.
    .library(name: "Storage", targets: ["Storage"]),
    .executable(name: "crate-lm", targets: ["crate-lm"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    // Paths, descriptors and errno as Swift values.
    .package(url: "https://github.com/apple/swift-system", from: "1.8.0"),
  ],
  targets: [
    systemLibrary("CCrypto", pkgConfig: "libcrypto", apt: "libssl-dev"),
    systemLibrary("CICU", pkgConfig: "icu-i18n", apt: "libicu-dev"),
    systemLibrary("COpenBLAS", pkgConfig: "openblas", apt: "libopenblas-dev"),
    systemLibrary("CZlib", pkgConfig: "zlib", apt: "zlib1g-dev"),
    systemLibrary("CZstd", pkgConfig: "libzstd", apt: "libzstd-dev"),
    .systemLibrary(name: "CLinux", path: "Sources/SystemLibraries/CLinux"),
    // Loops whose speed needs wider instructions than Swift compiles for.
    .target(name: "CKernels"),
    .target(name: "CTokenizer"),
    .target(name: "Parallel", dependencies: ["CLinux"], swiftSettings: settings),
    .target(
      name: "Storage", dependencies: ["CCrypto", "CLinux", "CZlib", "Parallel", systemPackage],
      swiftSettings: settings),
    .target(
      name: "Tokenizer",
      dependencies: ["CICU", "CTokenizer", "Parallel", "Storage", systemPackage],
      swiftSettings: settings),
    .target(
      name: "CRATELM",
      dependencies: [
        "CKernels", "COpenBLAS", "CZlib", "CZstd", "Parallel", "Storage", systemPackage,
      ],
      // The code of an exported model, which an installed program carries with it.
      resources: [
        .embedInCode("Interchange/Python/configuration_crate.py"),
        .embedInCode("Interchange/Python/modeling_crate.py"),
      ],
      swiftSettings: settings),
    .target(
      name: "TextModels",
      dependencies: [
        "CICU", "CRATELM", "CZlib", "CZstd", "Parallel", "Storage", "Tokenizer", systemPackage,
      ],
      resources: [.embedInCode("Pages/page.css"), .embedInCode("Pages/model.js")],
      swiftSettings: settings),
    .executableTarget(
      name: "crate-lm",
      dependencies: [
        "CRATELM", "Parallel", "Storage", "TextModels", "Tokenizer", argumentParser, systemPackage,
      ],
      swiftSettings: settings),
    // The programs of docs/swift.md and docs/library.md.
    .executableTarget(
      name: "text-example", dependencies: ["CRATELM", "TextModels", "Tokenizer", systemPackage],
      path: "Examples/text", swiftSettings: settings),
    .executableTarget(
      name: "train-example", dependencies: ["CRATELM", systemPackage], path: "Examples/train",
      swiftSettings: settings),
    .testTarget(
      name: "TokenizerTests", dependencies: ["Storage", "Tokenizer", systemPackage],
      swiftSettings: settings),
    .testTarget(
      name: "CRATELMTests", dependencies: ["CRATELM", "Parallel", "Storage", systemPackage],
      swiftSettings: settings),
    .testTarget(
      name: "CommandTests",
      dependencies: [
        "CRATELM", "Storage", "TextModels", "crate-lm", "text-example", "train-example",
        systemPackage,
      ],
      swiftSettings: settings),
  ]
)

// The fuzzer of `make fuzz`, which only a toolchain with libFuzzer builds.
if Context.environment["CRATE_LM_FUZZING"] != nil {
  package.targets.append(
    .executableTarget(
      name: "fuzz-parsers",
      dependencies: [
        "CRATELM", "Storage", "TextModels", "Tokenizer", systemPackage,
      ],
      path: "Fuzzing", exclude: ["README.md"], swiftSettings: settings))
}
