import Storage
public import SystemPackage

/// The forms in which tokenizers are published.
public enum TokenizerFormat: String, CaseIterable, Sendable {
  /// `tokenizer.json`, everything in one file, for Hugging Face's `tokenizers`.
  case json
  /// `vocab.json` and `merges.txt`.
  case vocabulary
  /// `encoder.json` and `vocab.bpe`, the same under the names of openai/gpt-2.
  case encoder
  /// `vocab.txt`, a line for each token, of WordPiece.
  case lines
  /// `vocabulary.tiktoken`, the bytes and ranks of byte-level tokens.
  case tiktoken

  /// The names of the files.
  public var fileNames: [String] {
    switch self {
    case .json: [TokenizerFile.name]
    case .vocabulary: ["vocab.json", "merges.txt"]
    case .encoder: ["encoder.json", "vocab.bpe"]
    case .lines: ["vocab.txt"]
    case .tiktoken: ["vocabulary.tiktoken"]
    }
  }

  /// What `tokenizer` is in this format, file by file.
  ///
  /// All but `json` leave out how text is split and which tokens are special; what would change
  /// ids without being said is refused.
  ///
  /// - Throws: `TokenizerError.inexpressible` where ids would be lost.
  public func files(
    of tokenizer: any TextTokenizer
  ) throws(TokenizerError) -> [(name: String, content: [UInt8])] {
    let contents: [[UInt8]]
    switch self {
    case .json: contents = [tokenizer.serialized()]
    case .vocabulary, .encoder:
      let tokenizer = try byteLevel(tokenizer)
      guard !tokenizer.ignoresMerges else {
        throw inexpressible("it cannot say that words which are tokens are not merged")
      }
      contents = [MergeListFile.vocabulary(of: tokenizer), MergeListFile.merges(of: tokenizer)]
    case .lines:
      guard let tokenizer = tokenizer as? WordPieceTokenizer else {
        throw inexpressible("it holds vocabularies of WordPiece alone")
      }
      contents = [try VocabularyText.serialize(tokenizer)]
    case .tiktoken: contents = [try RankFile.serialize(byteLevel(tokenizer))]
    }
    return zip(fileNames, contents).map { ($0, $1) }
  }

  /// The pattern that has to be given to read `tokenizer` from its files in this format; `nil` where
  /// they say it, or are read with it anyway.
  ///
  /// - Throws: `TokenizerError.inexpressible` where ids would be lost.
  public func patternToGive(
    for tokenizer: any TextTokenizer
  ) throws(TokenizerError) -> SplitPattern? {
    let (asked, taken): (SplitPattern, SplitPattern?)
    switch self {
    case .json, .lines: return nil
    case .vocabulary, .encoder:
      (asked, taken) = (try byteLevel(tokenizer).pattern, MergeListFile.pattern)
    case .tiktoken:
      let tokenizer = try byteLevel(tokenizer)
      let ranks = Fingerprint(of: try RankFile.serialize(tokenizer))
      (asked, taken) = (tokenizer.pattern, PublishedRanks(ranks)?.pattern)
    }
    return asked == taken ? nil : asked
  }

  private func byteLevel(
    _ tokenizer: any TextTokenizer
  ) throws(TokenizerError) -> ByteLevelBPETokenizer {
    guard let tokenizer = tokenizer as? ByteLevelBPETokenizer else {
      let splits = SplitPattern.allCases.map(\.rawValue).joined(separator: ", ")
      throw inexpressible("it holds byte-level vocabularies alone, whose split is one of \(splits)")
    }
    guard tokenizer.normalizer.steps.isEmpty else {
      let steps = tokenizer.normalizer.steps.map(\.name).joined(separator: ", ")
      throw inexpressible("it has no place for the normalization \(steps)")
    }
    return tokenizer
  }

  private func inexpressible(_ reason: String) -> TokenizerError {
    .inexpressible(format: fileNames.joined(separator: " and "), reason: reason)
  }
}

extension TokenizerFile {
  /// Writes `tokenizer` to the files of `format` in the directory at `path`, which is made where
  /// there is none.
  ///
  /// - Throws: `FileError`; `TokenizerError.inexpressible` where ids would be lost.
  public static func write(
    _ tokenizer: any TextTokenizer, to directory: FilePath, format: TokenizerFormat
  ) throws {
    let files = try format.files(of: tokenizer)
    try FileSystem.createDirectory(directory)
    for file in files { try FileContents.write(file.content, to: directory.appending(file.name)) }
  }
}
