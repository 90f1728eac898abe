import Storage
public import SystemPackage

/// A file or directory within a directory of texts that is not read.
public struct PassedOver: Equatable, Sendable {
  /// Why it is not read.
  public enum Reason: Equatable, Sendable {
    /// Its name begins with a dot.
    case hidden
    /// Its name does not end as a text's; it may be known what it is.
    case ending(ForeignContent?)
    /// It ends in `.json`, and holds no object in each line.
    case notLines
    /// It is a link to nothing.
    case danglingLink
    /// It is a link to what is read by itself.
    case readElsewhere
    /// It is another name of a file that is read already.
    case readAlready
    /// It is a directory that this program made: of 'train', packed data, a tokenizer or a model.
    case made
    /// It is no file, such as a pipe or a socket.
    case notFile
  }

  /// The path.
  public let path: FilePath
  /// Why it is not read.
  public let reason: Reason
}

/// Finds the files of inputs.
struct InputCollector {
  private let form: TextForm
  private(set) var texts: [InputFile] = []
  private(set) var passedOver: [PassedOver] = []
  /// The files of `texts`, by whatever path.
  private var files: Set<FileSystem.Identity> = []
  /// The directories that were read, by whatever path.
  private var visited: Set<FileSystem.Identity> = []
  /// The input that is being read, without links.
  private var root: FilePath = "."

  /// The files that `inputs` name: files, `-`, and the text files in directories and all their
  /// subdirectories, in byte order of their names, without hidden ones; and the other files there.
  ///
  /// A link is followed unless it leads to something within the same input that is read by itself.
  /// A file of several names is read once.
  ///
  /// - Throws: `FileError` if one is missing, ``InputError`` for a directory without text and for an
  ///   input that adds no file to those before.
  init(_ inputs: [FilePath], _ form: TextForm) throws {
    self.form = form
    for path in inputs {
      guard path != InputFile.standardInput else {
        texts.append(try InputFile(path))
        continue
      }
      guard let kind = FileSystem.kind(of: path) else {
        throw FileSystem.isLink(path) ? InputError.danglingLink(path) : FileError.missing(path)
      }
      let (textCount, passedCount) = (texts.count, passedOver.count)
      if kind == .directory {
        (root, visited) = (try FileSystem.canonical(path), [])
        try collect(path)
      } else {
        try add(path)
      }
      guard texts.count == textCount else { continue }
      let isRepeated = passedOver[passedCount...].contains { $0.reason == .readAlready }
      throw isRepeated ? InputError.repeated(path) : InputError.noTextFiles(path)
    }
  }

  private mutating func add(_ path: FilePath) throws {
    if FileSystem.kind(of: path) == .file, let identity = FileSystem.Identity(path),
      !files.insert(identity).inserted
    {
      return passOver(path, .readAlready)
    }
    texts.append(try InputFile(path))
  }

  private mutating func collect(_ directory: FilePath) throws {
    guard let identity = FileSystem.Identity(directory), visited.insert(identity).inserted else {
      return passOver(directory, .readElsewhere)
    }
    for name in try FileSystem.entries(in: directory) {
      let path = directory.appending(name)
      if let reason = try reason(toPassOver: path) {
        passOver(path, reason)
      } else if FileSystem.kind(of: path) == .directory {
        try collect(path)
      } else {
        try add(path)
      }
    }
  }

  private mutating func passOver(_ path: FilePath, _ reason: PassedOver.Reason) {
    passedOver.append(PassedOver(path: path, reason: reason))
  }

  private func reason(toPassOver path: FilePath) throws -> PassedOver.Reason? {
    if Self.isHidden(path) { return .hidden }
    let kind = FileSystem.kind(of: path)
    if FileSystem.isLink(path) {
      guard kind != nil else { return .danglingLink }
      if try isReadByItself(path, kind) { return .readElsewhere }
    }
    switch kind {
    case .directory: return Self.isMade(path) ? .made : nil
    case .file:
      guard InputFile.isText(path) else { return .ending(Self.content(of: path)) }
      let file = try InputFile(path)
      guard form.layout == nil, file.layout == nil, file.byteCount != 0 else { return nil }
      return try TextStream(file, form).beginsAsLines() ? nil : .notLines
    default: return .notFile
    }
  }

  /// Whether what the link at `path` leads to is a directory or a text within the same input.
  private func isReadByItself(_ path: FilePath, _ kind: FileKind?) throws -> Bool {
    var target = try FileSystem.canonical(path)
    guard target.starts(with: root), kind == .directory || InputFile.isText(target) else {
      return false
    }
    guard target.removePrefix(root) else { return false }
    return target.components.allSatisfy { !$0.string.hasPrefix(".") }
  }

  /// Whether the directory at `path` has files as this program writes them.
  private static func isMade(_ path: FilePath) -> Bool {
    func isFile(_ name: String) -> Bool { FileSystem.kind(of: path.appending(name)) == .file }
    return ["train.json", "config.json"].contains { RecordFile.isOne(path.appending($0)) }
      || isFile(Checksums.name)
        && (isFile("tokenizer.json") || isFile("manifest.json") && isFile("token-byte-counts.bin"))
  }

  private static func isHidden(_ path: FilePath) -> Bool {
    path.lastComponent?.string.hasPrefix(".") ?? false
  }

  private static let signatureByteCount = 64

  /// What the file at `path` is, if it is known and can be read.
  private static func content(of path: FilePath) -> ForeignContent? {
    let bytes = try? FileReader(path).next(signatureByteCount)
    return bytes.flatMap { ForeignContent($0[...], of: path) }
  }
}
