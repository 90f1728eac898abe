import ArgumentParser
import CRATELM
import Storage
import SystemPackage

/// A text to learn from: `DIR`, or `DIR:WEIGHT` in a mixture.
///
/// A directory that has a colon in its name is taken for what it is.
struct DataChoice: ExpressibleByArgument {
  private let argument: String

  init?(argument: String) {
    self.argument = argument
  }

  /// Opens the directory.
  ///
  /// - Throws: `FileError`, `DataError`; `ValidationError` if the weight is no number.
  func source() throws -> Mixture.Source {
    let whole = RawBytes.path(argument)
    guard FileSystem.kind(of: whole) == nil, let colon = argument.lastIndex(of: ":") else {
      return Mixture.Source(try TokenData(directory: whole))
    }
    let path = RawBytes.path(String(argument[..<colon]))
    guard let weight = Double(argument[argument.index(after: colon)...]) else {
      guard FileSystem.kind(of: path) != nil else { throw FileError.missing(whole) }
      throw ValidationError(
        "The weight in --data \(argument) is no number; expected one above 0, as in \(path):2.")
    }
    return Mixture.Source(try TokenData(directory: path), weight: weight)
  }
}

extension Mixture {
  /// The texts of `choices`; `nil` if there are none.
  ///
  /// - Throws: as ``DataChoice/source()``; `DataError` if they do not go together.
  init?(_ choices: [DataChoice]) throws {
    if choices.isEmpty { return nil }
    try self.init(choices.map { try $0.source() })
  }

  /// The texts that a run recorded.
  ///
  /// - Throws: `FileError`, `DataError`.
  init(_ records: [DataRecord]) throws {
    try self.init(
      records.map {
        Source(try TokenData(directory: FilePath($0.data)), weight: $0.weight)
      })
  }
}
