import SystemPackage

extension InputFile {
  /// A form of compression, by its file extension.
  package enum Compression: String, CaseIterable, Sendable {
    case gzip = "gz"
    case zstd = "zst"

    /// The bytes that every file begins with that has this form.
    private var signature: [UInt8] {
      switch self {
      case .gzip: [0x1F, 0x8B, 0x08]
      case .zstd: [0x28, 0xB5, 0x2F, 0xFD]
      }
    }

    /// The form of a file that begins with `bytes`, none of which begins a text in UTF-8.
    init?(_ bytes: [UInt8]) {
      guard let found = Self.allCases.first(where: { bytes.starts(with: $0.signature) }) else {
        return nil
      }
      self = found
    }
  }

  /// The compression that the extension of `path` tells.
  static func compression(of path: FilePath) -> Compression? {
    (path.extension?.lowercased()).flatMap(Compression.init(rawValue:))
  }
}
