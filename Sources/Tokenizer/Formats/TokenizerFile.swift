import Storage
public import SystemPackage

/// Reads tokenizers in the forms in which they are published, and writes them as
/// `tokenizer.json`, the format of Hugging Face's `tokenizers`.
public enum TokenizerFile {
  /// The name of the file in a directory.
  public static let name = "tokenizer.json"

  /// How the names of files end that hold a vocabulary and the merges to it.
  private static let pairs = [TokenizerFormat.vocabulary, .encoder].map {
    (vocabulary: $0.fileNames[0], merges: $0.fileNames[1])
  }
  private static let rankExtension = "tiktoken"

  /// The tokenizer in the file at `path`, or in a file of the directory there.
  ///
  /// In a directory `tokenizer.json` is looked for first, then `vocab.json` with `merges.txt`,
  /// `encoder.json` with `vocab.bpe`, `vocab.txt`, and at last the only file whose name ends in
  /// `.tiktoken`. Any other file whose name ends in `.txt` is a vocabulary of BERT, see
  /// ``VocabularyText``. Of a vocabulary without a `tokenizer.json`, the files beside it say which
  /// tokens are added and whether text is put in lower case: `tokenizer_config.json`,
  /// `special_tokens_map.json` and `added_tokens.json`.
  ///
  /// - Parameters:
  ///   - path: a directory, or one of these files.
  ///   - pattern: how text is split, where the file does not say it. `nil` stands for GPT-2's
  ///     pattern with a vocabulary and merges, and for that of the published vocabulary with a
  ///     `.tiktoken` file that has the ranks of one.
  ///   - unicode: the Unicode version by which text is normalised, instead of that of the file.
  /// - Returns: the tokenizer.
  /// - Throws: `FileError` where nothing can be read; `TokenizerError.corrupt` or
  ///   `.unsupported` where the file is not one that this program understands, `.unknownSplit`
  ///   where nothing says how text is split, `.otherSplit` or
  ///   `.splitOfWordPiece` where the file contradicts `pattern`.
  public static func load(
    _ path: FilePath, pattern: SplitPattern? = nil, unicode: UnicodeVersion? = nil
  ) throws -> any TextTokenizer {
    let file = try file(at: path)
    let tokenizer = try load(file: file, pattern: pattern, unicode: unicode)
    if let pattern, (tokenizer as? ByteLevelBPETokenizer)?.pattern != pattern {
      throw tokenizer is WordPieceTokenizer
        ? TokenizerError.splitOfWordPiece(path: file.string, asked: pattern)
        : .otherSplit(path: file.string, asked: pattern)
    }
    return tokenizer
  }

  private static func load(
    file: FilePath, pattern: SplitPattern?, unicode: UnicodeVersion?
  ) throws -> any TextTokenizer {
    if file.extension == rankExtension {
      return try RankFile(path: file.string).tokenizer(FileContents.read(file), pattern: pattern)
    }
    if let (vocabulary, merges) = pair(of: file) {
      let bytes = try FileContents.read(vocabulary)
      return try MergeListFile(vocabularyPath: vocabulary.string, mergesPath: merges.string)
        .tokenizer(
          vocabulary: bytes, merges: FileContents.read(merges), pattern: pattern,
          addedTokens: NeighborFiles(beside: vocabulary).addedTokens)
    }
    let bytes = try FileContents.read(file)
    if file.extension == VocabularyText.fileExtension {
      return try vocabularyText(bytes, of: file)
    }
    return try parse(bytes, path: file.string, unicode: unicode)
  }

  /// The tokenizer of a `vocab.txt`; `bytes` may be any other text, which an error says.
  private static func vocabularyText(
    _ bytes: [UInt8], of file: FilePath
  ) throws -> WordPieceTokenizer {
    let neighbors = try NeighborFiles(beside: file)
    do {
      return try VocabularyText.parse(
        bytes, path: file.string, normalizer: neighbors.bertNormalizer,
        addedTokens: neighbors.addedTokens)
    } catch .corrupt(let path, let reason) {
      throw TokenizerError.corrupt(
        path: path,
        reason: "\(reason); expected a token in each line, as in BERT's vocab.txt, or a tokenizer "
          + "that 'crate-lm tokenizer train' made")
    }
  }

  /// The files that ``load(_:pattern:unicode:)`` reads for `path`.
  ///
  /// - Throws: `FileError` where the directory at `path` cannot be read.
  public static func files(at path: FilePath) throws -> [FilePath] {
    let file = try file(at: path)
    if let (vocabulary, merges) = pair(of: file) { return [vocabulary, merges] }
    return [file]
  }

  private static func file(at path: FilePath) throws -> FilePath {
    try FileSystem.kind(of: path) == .directory ? file(in: path) : path
  }

  /// The file to read in `directory`.
  private static func file(in directory: FilePath) throws -> FilePath {
    let names = try FileSystem.names(in: directory)
    let ranks = names.filter { FilePath($0).extension == rankExtension }
    let isThere = { (name: String) in names.contains { $0.utf8.elementsEqual(name.utf8) } }
    if isThere(name) { return directory.appending(name) }
    for pair in pairs where isThere(pair.vocabulary) && isThere(pair.merges) {
      return directory.appending(pair.vocabulary)
    }
    for name in TokenizerFormat.lines.fileNames where isThere(name) {
      return directory.appending(name)
    }
    return directory.appending(ranks.count == 1 ? ranks[0] : name)
  }

  /// The vocabulary and the merges, one of which `file` is by its name.
  private static func pair(of file: FilePath) -> (FilePath, FilePath)? {
    guard let name = file.lastComponent?.string else { return nil }
    let directory = file.removingLastComponent()
    for pair in pairs {
      for ending in [pair.vocabulary, pair.merges] where name.hasSuffix(ending) {
        let start = name.dropLast(ending.count)
        return (
          directory.appending(start + pair.vocabulary), directory.appending(start + pair.merges)
        )
      }
    }
    return nil
  }

  /// The tokenizer that `bytes`, the content of a `tokenizer.json`, describe; `path` is for
  /// error messages, and `unicode` the version by which to normalise, if not that of the file.
  ///
  /// - Throws: `TokenizerError.corrupt` or `.unsupported`.
  public static func parse(
    _ bytes: [UInt8], path: String, unicode: UnicodeVersion? = nil
  ) throws(TokenizerError) -> any TextTokenizer {
    try TokenizerJSON(path: path, unicode: unicode).tokenizer(bytes)
  }

  /// Writes `tokenizer` to the `tokenizer.json` of the directory at `path`, which is made where
  /// there is none.
  ///
  /// - Throws: `FileError`.
  public static func write(_ tokenizer: some TextTokenizer, to directory: FilePath) throws {
    try FileSystem.createDirectory(directory)
    try FileContents.write(tokenizer.serialized(), to: directory.appending(name))
  }
}
